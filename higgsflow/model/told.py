"""Classes that users call from Python: what is wrong with the arguments is told in three lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ValidationError

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.findings import explain

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)


class Told(ModelMetaclass):
    """The kind of these classes. What pydantic validates within others does not come this way."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """An object of the class.

        Raises:
            InvalidConfiguration: for arguments that cannot be, with the nearest right one.
        """
        if args:
            what = f"{self.__name__}(...) takes its arguments by name"
            fields = cast("type[BaseModel]", self).model_fields
            first = next(
                (name for name in fields if fields[name].is_required()), next(iter(fields))
            )
            raise InvalidConfiguration(what, "", f"write {self.__name__}({first}=..., ...)")
        try:
            return super().__call__(*args, **kwargs)
        except ValidationError as error:
            what = f"{self.__name__}(...) is not valid:"
            # a user has no use for what pydantic says of it
            raise InvalidConfiguration(what, *explain(error, kwargs)) from None
