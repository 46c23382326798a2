"""The papers of the report, and the words that a reader needs."""

from typing import NamedTuple


class Paper(NamedTuple):
    """A paper whose figures are reproduced."""

    title: str
    authors: str
    short: str  # its name in a menu
    links: dict[str, str]  # words of a link -> its address
    says: str  # its main claim, in a sentence or two


PAPERS = {
    "omnigrok": Paper(
        "Omnigrok: Grokking Beyond Algorithmic Data",
        "Ziming Liu, Eric J. Michaud, Max Tegmark; ICLR 2023",
        "Omnigrok",
        {"arXiv 2210.01117": "https://arxiv.org/abs/2210.01117"},
        "Networks whose weights start large fit the training data far from the weight norm at which they would "
        "generalize. Weight decay takes them there slowly, and so they grok, on images, reviews and molecules too. "
        "Figures are numbered as in the first version.",
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
}

GLOSSARY = {
    "grokking": "A network fits its training data early and generalizes much later.",
    "α in Omnigrok": "The initial scale: all initial weights are multiplied by it (model.init_scale).",
    "α in Lazy to rich": "The output scale: the network's output is multiplied by it (model.output_scale). A large one "
    "makes training lazy.",
    "α in Model efficiency": "The strength of the weight decay. The report writes it as weight decay.",
    "γ": "Weight decay: how fast weights shrink by themselves (optimizer.weight_decay).",
    "ε in Lazy to rich": "The curvature of the activation z + (ε/2) z², and with it the share of quadratic functions "
    "in the initial kernel.",
    "θ": "The squared error below which a row of a regression counts as right.",
    "N, P": "The number of training rows: N in Omnigrok, P in Lazy to rich.",
    "p": "Modular addition is the task a + b modulo p.",
    "lazy, rich": "Lazy: the weights hardly move, and the network acts as a fixed kernel. Rich: it learns features.",
    "linearized twin": "The network's first-order expansion around its initial weights, trained in the same way.",
    "t95": "The step at which 95% of the rows are right: t95(train) of the training rows, t95(test) of the test rows.",
    "delay": "t95(test) divided by t95(train). 1 means no delay; never means that the test rows do not get there.",
    "seed": "A repeat of a run with other random numbers: other data, initial weights and batches.",
    "90% interval": "Where the share of seeds would lie if there were many more of them (Wilson's interval).",
    "quick": "A preset that takes a few minutes on two processor cores; often smaller than the paper's setting.",
    "paper scale": "The preset with the paper's own setting, as far as the paper or its code states it.",
    "smoke": "A preset that takes seconds and only shows that the code runs. It cannot decide claims.",
}
