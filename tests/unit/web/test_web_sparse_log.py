"""What strangers can cause is logged once a minute."""

from connector.web.sparse_log import INTERVAL_SECONDS, SparseLog


class Time:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def seconds(self) -> float:
        return self.now


def test_a_line_that_comes_again_says_how_often_it_was_left_out(log_output) -> None:
    time = Time()
    sparse = SparseLog(time.seconds)
    for _ in range(4):
        sparse.warn("refused", ledger="xero")
    time.now += INTERVAL_SECONDS
    sparse.warn("refused", ledger="xero")

    assert [line["left_out"] for line in log_output] == [0, 3]


def test_other_lines_are_not_left_out(log_output) -> None:
    sparse = SparseLog(Time().seconds)
    sparse.warn("refused", ledger="xero")
    sparse.warn("refused", ledger="quickbooks")

    assert [line["ledger"] for line in log_output] == ["xero", "quickbooks"]
