import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.basics import arrays
from stages.basics.arrays import NotArraysError
from tests import planted

ARRAYS = {
    "values": np.arange(6.0).reshape(2, 3),
    "by.column": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
    "every second": np.arange(10)[::2],
    "one": np.array(2.5),
    "none": np.empty((0, 3)),
    "failed": np.array([True, False]),
    "names": np.array([["ä", ""], ["mse", "b"]]),
    "bytes": np.frombuffer(b"\x00\x01", np.uint8),
}
WRITTEN = bytes(arrays.to_bytes(ARRAYS))


def test_what_was_written_comes_back_with_its_types_and_its_order_in_memory():
    back = arrays.from_bytes(WRITTEN)
    assert list(back) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(back[name], array)
        assert (back[name].dtype, back[name].shape) == (array.dtype, array.shape)
    assert back["by.column"].flags.f_contiguous
    assert not back["by.column"].flags.c_contiguous


def test_equal_arrays_are_equal_bytes():
    assert bytes(arrays.to_bytes({name: array.copy(order="K") for name, array in ARRAYS.items()})) == WRITTEN


def test_python_objects_are_not_written():
    with pytest.raises(TypeError, match="b holds Python objects"):
        arrays.to_bytes({"a": np.zeros(2), "b": np.array([None, "x"], object)})


@pytest.mark.parametrize("write", planted.WAYS)
def test_a_pickle_is_refused_and_not_read(tmp_path, write):
    with pytest.raises(NotArraysError):
        arrays.from_bytes(write(tmp_path / "done"))
    assert not (tmp_path / "done").exists()


def test_a_member_that_is_no_array_is_refused():
    content = io.BytesIO(WRITTEN)
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("more.txt", "hello")
    with pytest.raises(NotArraysError, match=r"more.txt is no array"):
        arrays.from_bytes(content.getvalue())


@given(st.binary(max_size=40))
def test_whatever_else_the_bytes_are_they_are_refused(content):
    with pytest.raises(NotArraysError):
        arrays.from_bytes(content)


@given(st.data())
def test_damaged_bytes_are_refused_or_are_arrays(data):
    content = bytearray(WRITTEN)
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        back = arrays.from_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except NotArraysError:
        return
    assert all(isinstance(array, np.ndarray) and not array.dtype.hasobject for array in back.values())


@pytest.mark.parametrize("shape", [(3, 21), (2, 40, 3), (2, 9, 4, 2)])
def test_rows_that_are_not_known_take_no_room_and_come_back_so(shape):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    values.reshape(*shape[:2], -1)[0, 3, 0] = np.nan  # of a row of which something else is known, where it has more
    values[1, ::2] = np.nan
    written = arrays.packed("outputs", values) | {"others": np.ones(3)}
    assert len(written["outputs"]) == np.isfinite(values).reshape(*shape[:2], -1).any(axis=2).sum()
    back = arrays.unpacked("outputs", arrays.from_bytes(arrays.to_bytes(written)))
    np.testing.assert_array_equal(back, values)
    assert back.dtype == values.dtype


def test_values_of_which_every_row_is_known_are_written_as_they_are():
    values = np.arange(6.0).reshape(2, 3, 1)
    written = arrays.packed("outputs", values)
    assert list(written) == ["outputs"]
    np.testing.assert_array_equal(written["outputs"], values)
