"""Values of parameters, which law and luigi look for anew for every task that is made.

A run makes hundreds of tasks, most of which only say what is there.
"""

from __future__ import annotations

from typing import Any

import law
from luigi.cmdline_parser import CmdlineParser

from tasks import session

# what a stage hands on to another one: by both classes, which do not change
_handed_on: dict[tuple[type, type], tuple[str, ...]] = {}


class RemembersValues(law.Task):
    """Base of stages: asks once for what is the same for all tasks of a class."""

    exclude_index = True
    _params: tuple[tuple[str, Any], ...]

    @classmethod
    def get_params(cls) -> list[tuple[str, Any]]:
        """The parameters, which luigi looks for in all attributes of the class, each time."""
        if "_params" not in vars(cls):
            cls._params = tuple(super().get_params())
        return list(cls._params)

    @classmethod
    def req_params(cls, inst: Any, **kwargs: Any) -> dict[str, Any]:
        """The parameters of a task that this one takes over; law matches patterns for each."""
        if cls.prefer_params_cli or any(name.startswith("_") for name in kwargs):
            # to each call its own rule
            return dict(super().req_params(inst, **kwargs))
        key = (cls, type(inst))
        if key not in _handed_on:
            _handed_on[key] = tuple(super().req_params(inst))
        return {name: getattr(inst, name) for name in _handed_on[key]} | kwargs

    @classmethod
    def modify_param_args(
        cls, params: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """Gives what is not given its default."""
        params, args, kwargs = super().modify_param_args(params, args, kwargs)
        if args:
            return params, args, kwargs
        defaults = cls._defaults()
        return params, args, {n: defaults[n] for n, _ in params if n in defaults} | kwargs

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """Of a class in one invocation: its own, or those of the command line or of law.cfg."""
        key = (cls, CmdlineParser.get_instance())
        if key not in session.defaults:
            family = cls.get_task_family()
            session.defaults[key] = {
                name: parameter.task_value(family, name)
                for name, parameter in cls.get_params()
                if parameter.has_task_value(family, name)
            }
        return session.defaults[key]
