import numpy as np

from stages.training.fitting import batch_orders, stayed_finite


def test_batch_orders_are_permutations_that_depend_on_seed_and_epoch_alone():
    orders = batch_orders((3, 8), 5, (11, 12))
    assert [(len(order), order.dtype) for order in orders] == [(11, np.int32), (12, np.int32)]
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), range(len(order)))
    again = batch_orders((8, 1, 3), 5, (12, 11, 11))
    np.testing.assert_array_equal(again[2], orders[0])
    np.testing.assert_array_equal(again[0], orders[1])
    assert not np.array_equal(again[1], orders[0])
    assert not np.array_equal(batch_orders((3,), 6, (11,))[0], orders[0])
    # seed 5 in epoch 3 is not seed 3 in epoch 5
    assert not np.array_equal(batch_orders((5,), 3, (11,))[0], orders[0])


def test_a_replica_stays_finite_where_all_its_numbers_do():
    history, weights = np.zeros((4, 2)), np.zeros((4, 2, 3))
    history[1, 1], weights[2, 0, 1], weights[3, 1, 2] = np.nan, np.inf, -np.inf
    assert stayed_finite([history, weights]).tolist() == [True, False, False, False]
