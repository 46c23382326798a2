"""Why claims of this paper do not hold, or not in all seeds, as far as it was found out; the configs tell more."""

FINDINGS = {
    "lazy_to_rich/eq9/1": (
        "The equation is exact in the kernel limit, and α = 1 is only near it. Up to j = 80 the distance ends within "
        "2% of the difficulty; at j = 150, where the kernel moves most (7%), it ends 2 to 23% below, and that "
        "decides."
    ),
    "lazy_to_rich/eq9/3": (
        "The kernel moves more for the hardest labels (.75 of its length at j = 150, .30 at j = 1) but alike up to j "
        "= 60, so that the order there is left to chance."
    ),
    "lazy_to_rich/fig2/1": (
        "The limit of 1.5 is ours. The authors' own run has 1.23 at p = 23 and 1.86 at p = 13: the gap that the paper "
        "draws is most likely that of the smaller prime, as in fig. 16."
    ),
    "lazy_to_rich/fig3b/3": (
        "With large ε the test loss never gets to .1, while the train loss ends at 1e-14: the kernel fits all rows "
        "before features are found. Counted as the longest wait, this breaks the order; counted as no wait, as in the "
        "authors' code, the rank correlation is 1."
    ),
    "lazy_to_rich/fig3e/2": (
        "Large α and large ε together never generalize: the kernel fits all rows before features are found. No "
        "reading of 'never' makes the map monotone along both axes, and the authors' own map is not either. The "
        "smaller size of quick is not the reason: at the paper's size the same corner never generalizes."
    ),
    "lazy_to_rich/fig4/2": (
        "Two neurons begin with |w̄|²/D near 1/2, so that linear power is half of the test loss at step 0 and mostly "
        "only falls. The authors' one run does rise, by a rare draw: none of our 18 generalizing runs out of 40 does. "
        "With 100 neurons the rise is there in 7 of 10 seeds, and it is linear power."
    ),
    "lazy_to_rich/fig5/5": (
        "Labels of unit norm over the rows are so small that network and linearized twin stay together and the kernel "
        "moves by 3%. The late fall at j = 70 is that of kernel regression, whose slow modes come last, and no "
        "feature learning."
    ),
    "lazy_to_rich/fig6b/2": (
        "At p = 79 two of three seeds memorize first even at the smallest α; the third generalizes 34 steps after it "
        "has fitted. How often that happens hangs on the size: at p = 31 all three memorize first; at p = 113, the "
        "paper's size, neither of two does (one H200)."
    ),
    "lazy_to_rich/fig7/2": (
        "The activation z + (ε/2) z² is not homogeneous: at equal σ²α the linear parts of two networks differ by a "
        "factor σ. Four of the five points lie within 13% of the α sweep in all seeds. At the smallest σ, 1/4, the "
        "seeds lie 47% above, 14% above and 24% below it."
    ),
    "lazy_to_rich/fig9/2": (
        "A hundred neurons in 40 dimensions can fit 120 rows before features have moved, and then nothing moves any "
        "more: the test loss stops half way, in the authors' run too (at .40 of its start). The same network groks "
        "with 240 rows; two neurons grok with 120."
    ),
    "lazy_to_rich/fig9/4": (
        "For the reason of fig9/2, training ends before the power in linear modes has gone: it falls to .53 of its "
        "largest value, where we ask for half."
    ),
    "lazy_to_rich/fig11/2": (
        "As in fig. 4 the network of two neurons begins with much of its loss in linear power. Runs that generalize "
        "rise again by .12 of their start in the median, by linear power, but not all of them by the tenth that we "
        "ask for; the authors' run only comes back to its start."
    ),
    "lazy_to_rich/fig13c/1": (
        "The paper itself says of this figure that the network quickly deviates from its linearization. At the "
        "paper's size their test losses are 10% apart at step 47, and the train loss has lost a tenth at step 49. At "
        "quick's size these are steps 45 and 36, and the claim holds."
    ),
    "lazy_to_rich/fig13c/3": (
        "They part at a share of .09 of the steps in the median, at the limit of .1 that we set; without weight decay "
        "(fig. 13a) the share is .7."
    ),
    "lazy_to_rich/fig15/2": (
        "The delay at degree 4 hangs on the number of rows, which the paper does not state: with 20 seeds it is 2.4 "
        "at P = 400 and 1.8 at 600 and 1.7 at 800, about the limit of 2 that we set."
    ),
    "lazy_to_rich/fig16/3": (
        "At p = 23 test accuracy is .64 already when the last training pairs are fitted. The paper's picture is most "
        "likely that of p = 13, where the claim holds (fig16/1)."
    ),
    "lazy_to_rich/fig16/4": (
        "At p = 23 the test loss falls to the train loss of that moment only when test accuracy is 1 already. The "
        "loss of .06 that the paper names lies above 1/23, where p = 23 starts; at p = 13 the claim holds (fig16/2)."
    ),
    "lazy_to_rich/fig18/2": (
        "Nine tenths of both losses are gone early and together, which is what a linear axis shows. The last parts of "
        "the test loss fall 26 times later, with the weight norm, so that the delay of the accuracy is one of the "
        "loss too. The authors' own run has a test loss of .0144 beside a train loss of .0015 at step 300."
    ),
}

# On numbers of the authors that ours differ from.
REMARKS = {
    "lazy_to_rich/fig4": (
        "By step 1,098 linear power has fallen in 19 of our 20 runs and risen to 1.45 times its start in one. The "
        "authors' draw of two neurons is a rare one, in which it rises to 2.3 times: see fig4/2."
    ),
    "lazy_to_rich/fig13b": (
        "AdamW makes the train loss tremble: over the last records of each of our runs it moves between 3e-4 or less "
        "and 2e-3 or more. The authors' last value, 3.1e-3, lies in that range."
    ),
    "lazy_to_rich/sec5/2": (
        "Without ridge and noise D (D + 3)/2 rows determine every linear and quadratic function, whatever the "
        "kernel's eigenvalues are, so that ε does not matter. It does with a ridge of .1: a tenth of the loss then "
        "takes 240, 380, 780 and 2300 rows at ε = 1, 1/2, 1/4, 1/8 (D = 20)."
    ),
    "lazy_to_rich/sec5/4": (
        "One of three seeds has a slope of 1.32 where we ask for at most 1.25; of ten seeds seven are inside, with a "
        "median of 1.12. Lazier networks are steeper (1.24 at α = 1/4), on the way to the kernel's 1.90."
    ),
}
