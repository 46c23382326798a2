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
        "Open: SIREN generalizes 3.2 to 4.6 times as fast at decay 1 as at .3, and Fourier features 1.9 and 2.4 "
        "times, but one seed of Fourier features takes equally long (1,270 steps). We do not know what sets it apart. "
        "The plain MLP generalizes in one seed only, and later with more decay."
    ),
    "questions/fig1/12": (
        "Setting: the test error is U-shaped in all seeds for Fourier features and SIREN, and in 2 of 3 for the plain "
        "MLP. With Fourier features the train error is at .24 of the level even at the smallest norm, so it has no L "
        "in this range. The other two networks show both shapes in 2 of 3 seeds each, but only one seed is the same."
    ),
    "questions/fig3/1": (
        "Open: one of three seeds of heat groks at the standard scale, with a delay of 6.4. By the error of the "
        "solution alone no seed is late (delays .7 to .9). What stays above the level is the residual at fresh "
        "points."
    ),
    "questions/fig3/7": (
        "Setting: the delay does not rise with the output scale but falls, from 15 at scale 1 (6.4, 15 and never) to "
        "1.3 at 16 (1.3, 1.3 and 3.4). The learning rate is 1e-3 over the output scale, so the time to fit grows 9 to "
        "15 times, and the delay is divided by it. The kernel moves less at scale 16 (.56, and 2.6 at scale 1), as "
        "that of a lazier network should."
    ),
    "questions/fig4/3": (
        "Open: at width 256 the doubling angle and the mean curvature per parameter are both .84 times those at width "
        "16, while the highest curvature is 55 times as large. So few directions are steep, and random ones hardly "
        "meet them. At an equal rise of the loss, the mean curvatures would give width 256 an angle 1.09 times that "
        "of width 16."
    ),
    "questions/fig4/7": (
        "Setting: only widths 16 and 64 fit. Width 16 does so by its accuracy, and its loss of .0094 may rise ten "
        "times as far as that of width 64 until it counts as doubled. At an equal rise, the mean curvatures would "
        "give width 64 an angle 1.3 times as large, which is still below the limit of 1.5."
    ),
    "questions/fig4/8": (
        "Open: width 4 does not fit, and its descent ends at 1.02 radians. Among the widths that fit, the angle falls "
        "from 1.18 to .88, a factor of 1.3. The limit asks for 1.5 over all widths."
    ),
    "questions/fig5/1": (
        "Setting: at small norms the network does not fit these digits. At norm .3, train accuracy ends at .71 to .72 "
        "and test accuracy at .69 to .70; at norm 1 they end at 1 and at .95 to .96. The best norm below 1 is the "
        "largest, .7. It ends .55 points below the free run in the median (by seed: 1.45, .25 and .55)."
    ),
    "questions/fig5/2": "Setting: see fig5/1. Test accuracy rises with the norm up to 1, at both learning rates.",
    "questions/fig5/3": "Setting: see fig5/1. Norm 1 ends 1 point above norm .7.",
    "questions/fig5/4": (
        "Setting: with 3,000 digits, free training reaches 95% of its final accuracy in 36 steps, and norm .7 takes "
        "67. Norm .5 takes longer or never gets there, and norm .3 never does."
    ),
    "questions/fig5/5": "Setting: see fig5/1. The loss is .6 points at rate 1e-3 and 1.5 at 3e-3.",
    "questions/fig5/6": (
        "Setting: a free run from norm .5 ends at .950, like the free runs from norm 1, and its norm grows to 1.4 and "
        "more. Kept at .5 it ends at .901. So what counts is that the norm is kept small, not that it starts small."
    ),
    "questions/fig5/10": (
        "Limit: the best small norm takes .71 of the steps of the free run in the median (by seed: .59, 1.06 and "
        ".71). The limit is two thirds."
    ),
    "questions/fig5/12": (
        "Setting: free training from norm .5 ends at .705, and at .699 if the norm is kept. The embedding has 99% of "
        "the squared norm, and in 300 free steps the norm grows by 1 to 3% only. So both train at a small norm."
    ),
}
REMARKS: dict[str, str] = {}
