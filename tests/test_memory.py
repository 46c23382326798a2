"""How much memory a process may still fill, read off files as the kernel writes them."""

import resource

import pytest

from grok_jax import memory
from grok_jax.training import devices

MIB = 2**20


def written(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def version_2(folder, limit, used, files=0):
    return {
        f"{folder}/memory.max": f"{limit}\n",
        f"{folder}/memory.current": f"{used}\n",
        f"{folder}/memory.stat": f"anon 5\ninactive_file {files}\n",
    }


def version_1(folder, limit, used, files=0):
    return {
        f"{folder}/memory.limit_in_bytes": f"{limit}\n",
        f"{folder}/memory.usage_in_bytes": f"{used}\n",
        f"{folder}/memory.stat": f"cache 5\ntotal_inactive_file {files}\n",
    }


@pytest.mark.parametrize(
    ("own", "folder", "layout"),
    [
        ("0::/\n", "sys/fs/cgroup", version_2),
        ("0::/jobs/mine\n", "sys/fs/cgroup/jobs/mine", version_2),
        ("0::/jobs/mine\n", "sys/fs/cgroup/jobs", version_2),  # the group above
        ("0::/../../elsewhere\n", "sys/fs/cgroup", version_2),
        ("1:name=systemd:/\n0::/jobs\n", "sys/fs/cgroup/unified/jobs", version_2),
        ("5:cpu,memory:/jobs\n", "sys/fs/cgroup/memory/jobs", version_1),
        ("4:memory:/docker/0123\n", "sys/fs/cgroup/memory", version_1),  # as the host names it, seen from inside
    ],
)
def test_the_limit_of_a_control_group_leaves_what_is_not_used(tmp_path, own, folder, layout):
    root = written(tmp_path, {"proc/self/cgroup": own, **layout(folder, 100, 30)})
    assert memory.control_group_rooms(root) == [70]


@pytest.mark.parametrize("layout", [version_2, version_1])
def test_what_is_kept_of_files_counts_as_free(tmp_path, layout):
    own = "0::/\n" if layout is version_2 else "4:memory:/\n"
    folder = "sys/fs/cgroup" if layout is version_2 else "sys/fs/cgroup/memory"
    root = written(tmp_path, {"proc/self/cgroup": own, **layout(folder, 100, 30, files=20)})
    assert memory.control_group_rooms(root) == [90]


def test_each_group_above_counts(tmp_path):
    files = {"proc/self/cgroup": "0::/jobs/mine\n"}
    files |= version_2("sys/fs/cgroup/jobs", 100, 90) | version_2("sys/fs/cgroup/jobs/mine", 50, 10)
    assert sorted(memory.control_group_rooms(written(tmp_path, files))) == [10, 40]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"proc/self/cgroup": "0::/\n"},
        {"proc/self/cgroup": "0::/\n", **version_2("sys/fs/cgroup", "max", 30)},
        {"proc/self/cgroup": "garbage", **version_2("sys/fs/cgroup", 100, 30)},
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "100\n"},
        {"proc/self/cgroup": "7:blkio:/\n", **version_1("sys/fs/cgroup/memory", 100, 30)},
    ],
)
def test_a_limit_that_cannot_be_read_is_ignored(tmp_path, files):
    assert memory.control_group_rooms(written(tmp_path, files)) == []


def test_the_smallest_room_bounds_a_device(monkeypatch):
    monkeypatch.setattr(memory, "control_group_rooms", lambda root: [900 * MIB, 300 * MIB])
    mesh = devices.run_mesh()
    assert devices.memory_budget(mesh) == int(devices.MEMORY_SHARE * 300 * MIB / mesh.size)


def test_a_group_that_is_full_leaves_nothing(monkeypatch):
    monkeypatch.setattr(memory, "control_group_rooms", lambda root: [-5])
    assert memory.free_memory() == 0


@pytest.mark.parametrize("kind", [resource.RLIMIT_AS, resource.RLIMIT_DATA])
def test_a_limit_of_the_shell_leaves_what_is_not_used(monkeypatch, kind):
    unlimited = resource.RLIM_INFINITY
    monkeypatch.setattr(resource, "getrlimit", lambda asked: (2**45 if asked == kind else unlimited, unlimited))
    (room,) = memory.process_rooms()
    assert 0 < room < 2**45


def test_a_process_without_limits_has_no_room_of_its_own(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY,) * 2)
    assert memory.process_rooms() == []


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (3.2 * MIB, "3.2 MiB"),
        (5.5 * 2**30, "5.5 GiB"),
        (2.0**80, "1048576.0 EiB"),
    ],
)
def test_bytes_are_written_in_the_unit_that_fits(count, words):
    assert memory.in_words(count) == words
