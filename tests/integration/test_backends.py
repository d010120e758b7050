"""Training on another backend than TensorFlow: the same run in a process of its own, with KERAS_BACKEND=jax."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json, sys
from pathlib import Path
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from tests.factories.fitting import after, fit, network_of
from worker.trainer.callbacks import StoppedError
from worker.trainer.exports import versions

folder = Path(sys.argv[1])
url = f"sqlite:///{folder / 'test.sqlite3'}"
upgrade(url)
database = SqlDatabase(url, clock=utc_now, new_id=new_id)
whole = fit(network_of("functional"), folder / "whole", database)
try:
    fit(network_of("functional"), folder / "parts", database, asked_to_stop=after(4))
except StoppedError:
    stopped = True
continued = fit(network_of("functional"), folder / "parts", database)
database.close()
epochs = [[record.weights_digest for record in outcome.course.history] for outcome in (whole, continued)]
print(json.dumps({"stopped": stopped, "epochs": epochs, "versions": versions()}))
"""


def test_a_run_on_jax_trains_to_its_end_and_goes_on_from_a_checkpoint_as_if_it_had_not_been_broken_off(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    told = json.loads(answer.splitlines()[-1])
    whole, continued = told["epochs"]
    assert told["stopped"]
    assert len(set(whole)) == 3
    assert continued == whole
    assert (told["versions"]["backend"], "jax" in told["versions"]) == ("jax", True)
