import pytest
from pydantic import ValidationError

from curate.chat import Reply
from curate.provider import Provider


class Priced(Provider):
    async def ask(self, request):
        raise AssertionError("nothing is asked here")


REPLY = Reply(text="t", prompt_tokens=1000, completion_tokens=100, cached_tokens=600)


@pytest.mark.parametrize(
    ("prices", "cost"),
    [
        ({}, 0.0),
        ({"price_in": 2.0, "price_out": 10.0}, 3e-3),
        ({"price_in": 2.0, "price_out": 10.0, "price_cached": 0.5}, 2.1e-3),
        ({"price_in": 2.0, "price_cached": 0.0}, 0.8e-3),
    ],
)
def test_tokens_from_the_servers_cache_have_a_price_of_their_own(prices, cost):
    priced = Priced(model="m", **prices).priced(REPLY)
    assert priced.cost == pytest.approx(cost)
    assert priced.model_copy(update={"cost": 0.0}) == REPLY


def test_a_server_that_counts_more_in_its_cache_than_in_the_prompt_is_not_believed():
    reply = Reply(text="t", prompt_tokens=10, cached_tokens=600)
    assert Priced(model="m", price_in=1.0, price_cached=0.5).priced(reply).cost == pytest.approx(5e-6)


def test_a_price_is_no_debt():
    with pytest.raises(ValidationError):
        Priced(model="m", price_cached=-1.0)
