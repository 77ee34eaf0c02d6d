from higgsflow.corrections.shipped import SHIPPED
from higgsflow.model.reference import resolve


def test_functions_are_there() -> None:
    assert all(callable(resolve(reference)) for reference in SHIPPED)
