"""How a grid is cut into shards; nothing here trains."""

import numpy as np
import pytest

from grok_jax import UserError
from grok_jax.training.plan import plan_grid
from grok_jax.training.shards import SLACK, Shard, chosen_runs, shard_of, slice_of

GRID = {"model.widths": [(8,), (4,), (6,)], "task.train_size": [6, 12], "seed": range(7)}  # 3 groups of 14 runs
COSTS = [9.0, 1.0, 3.0]


@pytest.fixture
def plan(small_config):
    return plan_grid(small_config(), GRID)


def shards(plan, of, costs=COSTS):
    return [slice_of(plan, Shard(number, of), costs) for number in range(1, of + 1)]


def members(part):
    return np.concatenate([group.members for group in part.groups]).tolist()


@pytest.mark.parametrize("of", [1, 2, 5, 8, 41, 42])
def test_every_run_is_in_one_shard(plan, of):
    every = [place for part in shards(plan, of) for place in members(part)]
    assert len(every) == 42
    assert sorted(every) == list(range(42))


@pytest.mark.parametrize("of", [1, 2, 5, 8])
def test_shards_cost_about_the_same(plan, of):
    cost = dict(zip((group.form for group in plan.groups), COSTS, strict=True))
    found = [sum(cost[group.form] * len(group.members) for group in part.groups) for part in shards(plan, of)]
    share = sum(found) / of
    assert max(found) <= (1 + 2 * SLACK) * share + max(COSTS)


@pytest.mark.parametrize("costs", [[1.0, 1.0, 1.0], [1.0, 1.04, 1.0]])
def test_runs_that_compile_together_stay_together_where_that_balances(plan, costs):
    parts = shards(plan, 3, costs)
    assert [[group.form for group in part.groups] for part in parts] == [[group.form] for group in plan.groups]


def test_the_most_expensive_group_is_split(plan):
    parts = shards(plan, 2, [20.0, 1.0, 1.0])
    assert [len(part.groups) for part in parts] == [1, 3]


def test_a_run_in_a_shard_has_the_values_capacity_and_config_that_it_has_in_the_whole_grid(plan):
    whole = {group.form: group for group in plan.groups}
    for part in shards(plan, 8):
        assert (part.axes, part.config) == (plan.axes, plan.config)
        for group in part.groups:
            same = whole[group.form]
            at = np.searchsorted(same.members, group.members)
            assert group.capacity == same.capacity
            assert {name: column.tolist() for name, column in group.hyper.items()} == {
                name: column[at].tolist() for name, column in same.hyper.items()
            }


@pytest.mark.parametrize("mapping", ["auto", "vmap"])
def test_shards_keep_the_chunks_of_the_whole_grid(small_config, mapping):
    plan = plan_grid(small_config(**{"execution.chunk_runs": 4, "execution.mapping": mapping}), GRID)
    chunks = {tuple(group.members[first : first + 4]) for group in plan.groups for first in range(0, 14, 4)}
    found = [
        tuple(group.members[first : first + 4])
        for part in shards(plan, 5)
        for group in part.groups
        for first in range(0, len(group.members), 4)
    ]
    assert len(found) == len(chunks)
    assert set(found) == chunks


def test_chunks_do_not_bind_where_they_change_no_number(small_config):
    plan = plan_grid(small_config(**{"execution.chunk_runs": 14, "execution.mapping": "map"}), GRID)
    assert len(shards(plan, 42)) == 42


def test_a_short_chunk_in_a_shard_is_padded_as_in_the_whole_grid(small_config):
    plan = plan_grid(small_config(**{"execution.chunk_runs": 4, "execution.mapping": "vmap"}), GRID)
    assert {group.width for part in shards(plan, 12) for group in part.groups} == {4}


def test_chosen_runs_are_those_and_no_others(plan):
    assert sorted(members(chosen_runs(plan, np.array([3, 20, 41]), "some"))) == [3, 20, 41]


@pytest.mark.parametrize("given", ["3/8", " 3 / 8 ", (3, 8), [3, 8], Shard(3, 8)])
def test_a_shard_is_text_or_a_pair(given):
    assert shard_of(given) == Shard(3, 8)


@pytest.mark.parametrize(
    "given", ["5/4", "0/4", "-1/4", "1", "1/0", "a/b", "1/2/3", "1.0/2", "", (0, 4), (5, 4), (1.0, 2), (1,), 3, None]
)
def test_anything_else_is_refused_in_one_line(given):
    with pytest.raises(UserError, match=r"it must be i/n with whole numbers and 1 <= i <= n, such as 1/8"):
        shard_of(given)


def test_more_shards_than_runs_are_refused(plan):
    with pytest.raises(UserError, match="shard 1/43: the grid has 42 runs"):
        slice_of(plan, Shard(1, 43), COSTS)


def test_more_shards_than_chunks_are_refused(small_config):
    plan = plan_grid(small_config(**{"execution.chunk_runs": 7}), GRID)
    with pytest.raises(UserError, match=r"shard 1/7: the grid has 6 chunks of execution\.chunk_runs=7 runs"):
        slice_of(plan, Shard(1, 7), COSTS)
