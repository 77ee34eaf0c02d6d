from higgsflow.model.columns import Need, first_of, optional, required


def test_column_is_looked_for_under_its_own_name() -> None:
    assert Need(name="Photon_pt").candidates == ("Photon_pt",)


def test_required_columns_are_not_optional() -> None:
    assert [need.optional for need in required("Photon_pt", "Photon_eta")] == [False, False]
    assert required() == ()


def test_optional_columns_are_marked() -> None:
    assert optional("Photon_r9") == (Need(name="Photon_r9", optional=True),)


def test_first_name_is_preferred() -> None:
    (need,) = first_of("Electron_mvaIso_WP90", "Electron_new", "Electron_old")
    assert need.name == "Electron_mvaIso_WP90"
    assert need.candidates == ("Electron_new", "Electron_old")
    assert not need.optional


def test_needs_are_hashable() -> None:
    assert len({*required("run"), *required("run"), *optional("run")}) == 2
