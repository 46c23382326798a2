"""Why claims about the open questions do not hold, or not in all seeds, as far as we know; the configs say more.

Each finding begins with its kind, one of experiments.evidence_table.KINDS.
"""

FINDINGS: dict[str, str] = {
    "questions/fig1/1": (
        "Open: one seed of the plain MLP groks at the standard scale without decay: it fits at step 191 and "
        "generalizes at 786, a delay of 4.1. The delays of the other two are 1.3. We do not know what sets it apart."
    ),
    "questions/fig1/7": (
        "Limit: without decay the lowest test error of the plain MLP is 1.05 times the level in the median, and one "
        "seed reaches the level. With Fourier features it is 2.1 times the level, with SIREN 15 times."
    ),
    "questions/fig1/10": (
        "Scale: for Fourier features and SIREN the strongest decay takes less than half of the steps in the median. "
        "The plain MLP does not generalize within its steps at either decay, so both other networks must show it."
    ),
    "questions/fig1/12": (
        "Setting: the test error is U-shaped in all seeds for Fourier features and SIREN, and in 2 of 3 for the plain "
        "MLP. With Fourier features the train error is .24 of the level at the smallest norm already, so it has no L "
        "in this range. The other two networks show both shapes in 2 of 3 seeds each, but not in the same ones."
    ),
    "questions/fig3/1": (
        "Open: one of three seeds of heat groks at the standard scale, at a delay of 6.4. The error of the solution "
        "comes down with the fit (delay .8 in the median). What is late is the residual at fresh points."
    ),
    "questions/fig3/7": (
        "Setting: the delay falls from 15 at output scale 1 to 1.3 at 16, in place of rising. With Adam at a rate of "
        "1e-3 over the output scale, the run is slow to fit, and so the ratio is small. The kernel moves less at "
        "scale 16 (.56, beside 2.6), as that of a lazier network should."
    ),
    "questions/fig4/3": (
        "Open: the doubling angle is .84 times as large at width 256 as at 16. At an equal rise of the loss, the mean "
        "curvatures would give it 1.09 times that angle. So random directions tell no width apart, as a count of "
        "powers of the width predicts (see the config), while the highest curvature grows 55-fold."
    ),
    "questions/fig4/7": (
        "Setting: only widths 16 and 64 fit. Width 16 does so by its accuracy, and its loss of .0094 may rise ten "
        "times as far as that of width 64 until it counts as doubled. At an equal rise the mean curvatures give width "
        "64 an angle 1.3 times as large, which is still below the limit of 1.5."
    ),
    "questions/fig4/8": (
        "Open: width 4 does not fit, and its descent ends at 1.02 radians. Among the widths that fit, the angle falls "
        "from 1.18 to .88, a factor of 1.3. The limit asks for 1.5 over all widths."
    ),
    "questions/fig5/1": (
        "Setting: on MNIST small norms limit what the network can fit. From norm .3 to 1, test accuracy rises from "
        ".70 to .95. The best norm below 1 is the largest, .7, and ends .6 points below the free run."
    ),
    "questions/fig5/2": "Setting: see fig5/1. Test accuracy rises with the norm up to 1, at both learning rates.",
    "questions/fig5/3": "Setting: see fig5/1. Norm 1 ends 1 point above norm .7.",
    "questions/fig5/4": (
        "Setting: free training reaches 95% of its final accuracy in 36 steps on 3,000 digits, and norm .7 in 67. "
        "Smaller norms take longer still."
    ),
    "questions/fig5/5": "Setting: see fig5/1. The loss is .6 points at rate 1e-3 and 1.5 at 3e-3.",
    "questions/fig5/6": (
        "Setting: a free run from norm .5 ends at .950, as free runs from norm 1 do, and its norm grows beyond 1. "
        "Kept at .5 it ends at .901. So the norm at which it is kept decides, and not where it starts."
    ),
    "questions/fig5/10": (
        "Limit: norm .3 takes .69 of the steps of the free run in the median (111 beside 160). The limit is two thirds."
    ),
    "questions/fig5/12": (
        "Setting: free training from norm .5 ends at .705, and with the norm kept at .5 at .699. Nearly all of this "
        "norm is the embedding's, and in 300 free steps it grows by 1 to 3%. So both train at a small norm."
    ),
}
REMARKS: dict[str, str] = {}
