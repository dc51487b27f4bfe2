import pytest

from posology.errors import InputError
from posology.plan import PLAIN_QUESTION, arm_name, parse_arms, regularizers_of


def names(text):
    return [arm_name(arm) for arm in parse_arms(text)]


def test_the_plain_question_is_the_default():
    assert parse_arms(None) == PLAIN_QUESTION
    assert [arm_name(a) for a in PLAIN_QUESTION] == ["none", "weights", "dropout", "weights+dropout"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("l1,dropout", ["none", "l1", "dropout", "l1+dropout"]),
        (
            "l1, l2 ,dropout",
            ["none", "l1", "l2", "dropout", "l1+l2", "l1+dropout", "l2+dropout", "l1+l2+dropout"],
        ),
        ("weights,dropout", ["none", "weights", "dropout", "weights+dropout"]),
        ("none; l1; dropout; l1+dropout", ["none", "l1", "dropout", "l1+dropout"]),
        ("none,l1,dropout,l1+dropout", ["none", "l1", "dropout", "l1+dropout"]),
        ("dropout+l1; none", ["none", "l1+dropout"]),
        ("l1; dropout", ["l1", "dropout"]),
        ("dropout", ["none", "dropout"]),
        ("l1;l1;none", ["none", "l1"]),
    ],
)
def test_families(text, expected):
    assert names(text) == expected


def test_a_sequence_of_arms_means_just_those():
    assert [arm_name(a) for a in parse_arms(["none", "l1"])] == ["none", "l1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "--arms is empty"),
        (" ; , ", "--arms is empty"),
        ("none; snapshot_ensemble", "which is not studied: it is an average of several networks, and an arm is one"),
        ("stochastic_depth+shake_drop", "stochastic_depth and shake_drop cannot be in one arm"),
        ("none; shake_shake+shake_drop", "shake_drop and shake_shake cannot be in one arm"),
        ("dropuot", "unknown regularizer 'dropuot' in 'dropuot'. Did you mean 'dropout'?"),
        ("none; l1+drop", "Did you mean 'dropout'?"),
        ("l3", "Did you mean"),
        ("xyz", "Known: weights, l1, l2, dropout, weight_decay, "),
        ("none; l1+proximal_l1", "'l1+proximal_l1', but proximal_l1 and l1 cannot be in one arm: each does what"),
        ("mixup+cutmix;none", "Make two arms of them, such as --arms 'none; mixup; cutmix'."),
        ("weights+l1; none", "'weights+l1' has l1 twice"),
        ("none", "names one arm, 'none': there is nothing to compare"),
        ("l1+dropout", "there is nothing to compare"),
    ],
)
def test_refusals(text, message):
    with pytest.raises(InputError) as caught:
        parse_arms(text)
    assert message in str(caught.value)


def test_weights_means_l1_and_l2():
    assert regularizers_of(("weights", "dropout")) == ("l1", "l2", "dropout")


def test_subsets_leave_out_what_excludes_one_another():
    found = {arm_name(arm) for arm in parse_arms("l1,proximal_l1,dropout")}
    assert found == {"none", "l1", "dropout", "proximal_l1", "l1+dropout", "dropout+proximal_l1"}
