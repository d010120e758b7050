from app.core.architectures.architecture import Style
from app.core.architectures.reading import ErrorSeen, Place, Ref
from tests.factories.readings import Writer, image_network, preset
from tests.factories.trainings import flow, found


def failing() -> Writer:
    writer = Writer()
    writer.network(preset("notebook-sequential"), "model")
    return writer


def test_a_network_that_stops_and_is_used_all_the_same() -> None:
    writer = failing()
    assert found(writer, "exception-passed-over") == [], "nobody uses it"
    writer.call(".compile", of=Ref("model", definition=0), loss="mse")
    (finding,) = found(writer, "exception-passed-over")
    assert "conv2d_15 (Conv2D)" in finding.message
    assert "compiled (line 2)" in finding.message
    assert "the 20 of 29 layers that fitted" in finding.why


def test_an_error_in_the_cell_of_a_network_that_is_used() -> None:
    writer = Writer()
    model = writer.network(image_network(style=Style.FUNCTIONAL), "model")
    place = Place(cell=3, line=1)
    writer.definitions[0] = writer.definitions[0].model_copy(update={"place": place, "places": {}})
    writer.errors.append(ErrorSeen(place=Place(cell=3, line=9), text="ValueError: no"))
    assert found(writer, "error-beside-a-definition") == []
    writer.call(".summary", of=model)
    assert len(found(writer, "error-beside-a-definition")) == 1


def test_what_the_cell_recorded_is_what_was_read() -> None:
    writer = failing()
    definition = writer.definitions[0]
    places = {call.id: Place(cell=2, line=number) for number, call in enumerate(definition.architecture.calls, start=1)}
    writer.definitions[0] = definition.model_copy(update={"place": Place(cell=2, line=1), "places": places})
    writer.errors += [ErrorSeen(place=Place(cell=n, line=40), text=f"ValueError in {n}") for n in (1, 2)]
    writer.call(".fit", Ref("x"), of=Ref("model", definition=0))
    (finding,) = found(writer, "exception-passed-over")
    assert (finding.read, finding.place) == ("ValueError in 2", Place(cell=2, line=21))
    assert found(writer, "error-beside-a-definition") == []


def test_a_functional_network_that_raises_was_never_made() -> None:
    writer = Writer()
    network = preset("notebook-sequential").model_copy(update={"style": Style.FUNCTIONAL})
    model = writer.network(network, "model")
    writer.call(".compile", of=model, loss="categorical_crossentropy")
    (finding,) = found(writer, "exception-passed-over")
    assert finding.why.startswith("The network was never made")
    writer.call(".fit", flow(writer, "train"), of=model)
    assert found(writer, "output-does-not-fit") == [], "there is no output"
