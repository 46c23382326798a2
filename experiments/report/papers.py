"""The papers and studies of the report, and the words that a reader needs."""

from typing import NamedTuple


class Paper(NamedTuple):
    """A paper whose figures are reproduced, or a study of our own."""

    title: str
    authors: str
    short: str  # its name in a menu
    links: dict[str, str]  # words of a link -> its address
    says: str  # its main claim, in a sentence or two
    is_study: bool = False  # our own, about the papers that it links to


PAPERS = {
    "omnigrok": Paper(
        "Omnigrok: Grokking Beyond Algorithmic Data",
        "Ziming Liu, Eric J. Michaud, Max Tegmark; ICLR 2023",
        "Omnigrok",
        {"arXiv 2210.01117": "https://arxiv.org/abs/2210.01117"},
        "Networks whose weights start large fit the training data far from the weight norm at which they would "
        "generalize. Weight decay takes them there slowly, and so they grok, on images, reviews and molecules too. "
        "Figures are numbered as in the first version on arXiv; where the second (v2) differs, its number is added.",
    ),
    "lazy_to_rich": Paper(
        "Grokking as the Transition from Lazy to Rich Training Dynamics",
        "Tanishq Kumar, Blake Bordelon, Samuel J. Gershman, Cengiz Pehlevan; ICLR 2024",
        "Lazy to rich",
        {"arXiv 2310.06110": "https://arxiv.org/abs/2310.06110"},
        "A network first fits the training data as a kernel method would, with the features of its initial weights "
        "(lazy). If these suit the task badly, it generalizes only when it learns features of its own (rich). The "
        "output scale sets how late that is, without any change of the weight norm.",
    ),
    "model_efficiency": Paper(
        "Towards Understanding the Mystery behind Grokking Phenomenon via Model and Training Efficiency",
        "authors not named; it builds on Vikrant Varma, Rohin Shah, Zachary Kenton, János Kramár, Ramana Kumar, "
        "Explaining Grokking Through Circuit Efficiency, 2023",
        "Model efficiency",
        {"Varma et al., arXiv 2309.02390": "https://arxiv.org/abs/2309.02390"},
        "A network can memorize or generalize. Memorizing is learned faster; generalizing reaches the same logits with "
        "smaller weights. Which of the two wins, and when, depends on the amount of data.",
    ),
    "arena": Paper(
        "The arena: what makes grokking come sooner",
        "a study of our own, of methods from four papers",
        "Arena",
        {
            "Grokfast, arXiv 2405.20233": "https://arxiv.org/abs/2405.20233",
            "Numerical edge, arXiv 2501.04697": "https://arxiv.org/abs/2501.04697",
            "Muon, arXiv 2504.16041": "https://arxiv.org/abs/2504.16041",
            "Logit scale, arXiv 2606.18465": "https://arxiv.org/abs/2606.18465",
        },
        "Several methods are said to make generalization come sooner, each compared with a baseline of its own. Here "
        "all of them run on the same grids of learning rate, weight decay and seeds, as printed and at matched "
        "settings. What counts as better was written down before the runs.",
        is_study=True,
    ),
    "questions": Paper(
        "Open questions: NeRFs, PINNs, and minima per unit volume",
        "a study of our own, of questions that Omnigrok leaves open",
        "Questions",
        {
            "Omnigrok, arXiv 2210.01117": "https://arxiv.org/abs/2210.01117",
            "NeRF, arXiv 2003.08934": "https://arxiv.org/abs/2003.08934",
            "PINN, arXiv 1711.10561": "https://arxiv.org/abs/1711.10561",
        },
        "Does grokking happen in networks of coordinates (NeRFs) and in physics-informed networks (PINNs)? Do "
        "over-parametrized networks have more suitable minima per unit volume? Does a small constant weight norm help "
        "on standard tasks? What counts as an answer was written down before the runs.",
        is_study=True,
    ),
}

WHERE_OTHERS = "one NVIDIA H200, 2026-11-27, revision 48adda1, judged by the claims as they were there"
# Runs at the papers' sizes, made there and then, whose settings are not those of today's presets. So they are not in
# the evidence. Figure -> what differs, and the outcome.
AT_OTHER_SETTINGS = {
    "omnigrok/fig3abc": "one seed, too few to decide a claim, with fewer records. At 200 digits the test error is "
    "lowest at α = 1, and 4.9 and 4.8 times that at the smallest and the largest α; the tip is at 36 digits.",
    "omnigrok/fig7": "5 seeds; the free runs trained for 16,000 steps, those at constant norm for 6,000. Claim 1 holds "
    "(5 of 5). Claim 2 holds (4 of 5): the delay is 63 free, and 1.06 at constant norm.",
    "omnigrok/fig9": "one seed, too few to decide a claim, with fewer probes, in TF32. The test loss is lowest at "
    "α = 1, and the critical fraction is .22.",
    "lazy_to_rich/fig6b": "2 seeds, too few to decide a claim, at three α, for 1.6e5 steps, in TF32. The delays are "
    "2.5 and 3.2 at α = .05, 7.9 and 24.9 at .15, and 11.9 and 21.1 at .5.",
    "lazy_to_rich/fig12": "one seed, too few to decide a claim, for 1e5 steps, in TF32. The delay is 13 in (a) and 1.3 "
    "in (c); (b) does not fit.",
    "model_efficiency/fig9": "3 seeds, fractions from 20% to 35%, for 3e4 steps. Claim 1 does not hold (0 of 3): every "
    "run generalizes, so the window of this network lies below 20%. Claim 2 holds (3 of 3).",
}

GLOSSARY = {
    "grokking": "A network fits its training data early and generalizes much later.",
    "α in Omnigrok": "The initial scale: all initial weights are multiplied by it (model.init_scale). Where the weight "
    "norm is held constant, it is that norm over the norm of standard initial weights.",
    "α in Lazy to rich": "The output scale: the network's output is multiplied by it (model.output_scale). A large one "
    "makes training lazy. In figs. 2 and 16 the paper's α is our s, and the output scale is s²/10 (100 neurons).",
    "α in Model efficiency": "The strength of the weight decay. The report writes it as weight decay.",
    "γ, κ": "Weight decay: how fast weights shrink by themselves (optimizer.weight_decay); γ in Omnigrok, κ in Lazy to "
    "rich.",
    "η": "The learning rate. In Omnigrok fig. 6, ηD is that of the weights, and ηR that of the representation.",
    "θ": "The squared error below which a row of a regression counts as right. In Omnigrok fig. 6 it is an angle.",
    "N, P, D": "The number of training rows is N in Omnigrok, and P in Lazy to rich, where N is the number of neurons "
    "and D that of inputs.",
    "σ": "In Lazy to rich fig. 7, the factor on all initial weights.",
    "p": "Modular addition is the task a + b modulo p.",
    "w, m": "The two axes of Omnigrok figs. 6 and 8: the weight norm, and how messy the representation of the inputs "
    "is (0: the one that suits the task).",
    "w/w₀": "The weight norm over that of standard initial weights. In ln(w₀/w_c), w₀ is the norm at the start of a "
    "run, and w_c that at which it generalizes.",
    "reduced loss": "The lowest loss that training reaches while the weight norm is held constant, as a function of "
    "that norm. The reduced landscape is its graph.",
    "LU": "The shapes of the reduced losses in Omnigrok: the train loss is like an L, the test loss like a U.",
    "Goldilocks zone": "The weight norms at which networks generalize, between too small and too large ones.",
    "kernel, NTK, K₀": "How much a step on one row changes the output on another. K₀ is that of the initial weights.",
    "lazy, rich": "Lazy: the weights hardly move, and the network acts as a fixed kernel. Rich: it learns features.",
    "linearized twin": "The network's first-order expansion around its initial weights, trained in the same way.",
    "yᵀK₀⁻¹y": "The difficulty of the labels y for the initial kernel.",
    "j": "In Lazy to rich, labels are an eigenvector of the initial kernel: the one with the j-th largest eigenvalue. "
    "A larger j is more difficult.",
    "CKA": "Centered kernel alignment: how alike a kernel and the labels are, from 0 to 1.",
    "ε in Lazy to rich": "The curvature of the activation z + (ε/2) z², and with it the share of quadratic functions "
    "in the initial kernel.",
    "linear power, misalignment error": "Two of the three parts of the test loss in Lazy to rich, Eq. 6: what the "
    "network has of linear functions, of which the target has none, and how far its quadratic part points away from "
    "the target.",
    "C_mem, C_gen": "The ways in which a network can fit, in Model efficiency: by memorizing, and by a rule that "
    "generalizes. Below the critical size (D_crit) of the training data, memorizing needs the smaller weights.",
    "t95": "The step at which 95% of the rows are right: t95(train) of the training rows, t95(test) of the test rows.",
    "delay": "t95(test) divided by t95(train). 1 means no delay; never means that the test rows do not get there.",
    "wait": "The steps between two times, such as from t95(train) to t95(test).",
    "decade": "A factor of ten.",
    "rank correlation": "1 if one number always grows with the other, -1 if it always falls.",
    "row": "One example of the data.",
    "TF32": "A number format of NVIDIA GPUs: fast, with some three digits in products of matrices.",
    "seed": "A repeat of a run with other random numbers: other data, initial weights and batches.",
    "90% interval": "Where the share of seeds would lie if there were many more of them (Wilson's interval).",
    "undecided within the budget": "The run ended before the claim could be judged, for example because the network "
    "had not yet generalized.",
    "fig9/2": "Claim 2 of fig. 9 of the same paper.",
    "revision": "The commit of the code that a run was made with. A + after it: files had changed since that commit.",
    "quick": "A preset that takes a few minutes on two processor cores; often smaller than the paper's setting.",
    "medium": "A preset of our own studies: about two hours on two processor cores, enough runs to rank methods.",
    "paper scale": "The preset paper: the paper's own setting, as far as the paper or its code states it.",
    "smoke": "A preset that takes seconds and only shows that the code runs. It cannot decide claims.",
}
