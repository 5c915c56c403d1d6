from model_packager.names.pool import pool_archive_key, pool_archive_of
from tests.unit.model_packager.names.drops import VERSION


def test_archive_of_a_pool_has_the_version_in_its_key() -> None:
    key = pool_archive_key("small", "resnet", VERSION)
    assert key == f"_pools/small/resnet/{VERSION}.tar.gz"
    assert pool_archive_of(key) == ("small", "resnet", VERSION)
    for other in ("_pools/small/resnet/notes.tar.gz", key + ".bak", key.removeprefix("_")):
        assert pool_archive_of(other) is None
