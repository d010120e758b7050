"""With this folder before others on a process's path, NVIDIA's library is the fake one."""

import sys

from tests.fakes import nvml

sys.modules["pynvml"] = nvml
