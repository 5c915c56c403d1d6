from __future__ import annotations

import io
import random
import zipfile

import numpy as np
import pytest

from model_client.arrays import npz_of, read_numpy
from model_client.errors import InvalidTensor
from model_client.sample_file import File
from model_packager.golden_sample import SIZE_LIMIT
from tests.unit.functions.triton_responses import floats
from tests.unit.model_client.numpy_files import npy, npz


def test_archive_of_something_else_is_refused() -> None:
    with pytest.raises(InvalidTensor, match="cannot be read as a NumPy file"):
        read_numpy(File("sample/input.npz", b"PK\x03\x04 cut short"), "x")


def test_archive_with_a_text_in_it_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("notes.txt", "no array")
    with pytest.raises(InvalidTensor, match=r"notes\.txt in it is not an array"):
        read_numpy(File("sample/input.npz", file.getvalue()), "x")


def test_damaged_files_are_read_or_refused(recwarn: pytest.WarningsRecorder) -> None:
    chance = random.Random(11)
    whole = [npy(floats(3, 4)).content, npz(a=floats(30), b=floats(2, 2)).content]
    refused = 0
    for _ in range(400):
        content = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            read_numpy(File("sample/input", bytes(content)), "x")
        except InvalidTensor:
            refused += 1
    assert refused > 100
    assert not recwarn.list


def test_archive_that_unpacks_to_too_much_is_refused() -> None:
    file = io.BytesIO()
    np.savez_compressed(file, x=np.zeros(SIZE_LIMIT // 8 + 1))
    assert len(file.getvalue()) < SIZE_LIMIT / 100
    with pytest.raises(InvalidTensor, match="it unpacks to"):
        read_numpy(File("sample/input.npz", file.getvalue()), "x")


@pytest.mark.parametrize("compressed", [True, False])
def test_written_arrays_are_read_again_under_every_name(compressed: bool) -> None:
    """numpy.savez has parameters called `file` and `allow_pickle`."""
    names = ("file", "allow_pickle", "a b", "x/1", "x.npy", "größe")
    written = npz_of({name: floats(2, 3) for name in names}, compressed=compressed)
    read = read_numpy(File("arguments.npz", written), "x")
    assert tuple(read) == names
    assert all((each == floats(2, 3)).all() for each in read.values())


def test_written_text_is_no_pickle() -> None:
    written = npz_of({"t": np.array([b"caf\xc3\xa9"], np.object_)})
    assert read_numpy(File("arguments.npz", written), "x")["t"].tolist() == ["café"]
