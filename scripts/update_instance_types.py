"""Write model_packager/sagemaker/instance_types.json: the hardware of SageMaker instances.

The instance types are from botocore's SageMaker model. The facts are EC2's responses to
DescribeInstanceTypes, which moto includes. Install both, then run:

```
python -m scripts.update_instance_types
```
"""

import datetime
import gzip
import json
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import botocore.session

TABLE = "ec2/resources/instance_types.json.gz"
TARGET = Path(__file__).parent.parent / "model_packager" / "sagemaker" / "instance_types.json"


def fact(described: dict[str, Any]) -> dict[str, Any]:
    """Reduce an instance type's description by EC2 to the facts that a deployment needs.

    Raises:
        ValueError: the type has GPUs of two kinds, which the table does not support.
    """
    gpus = described.get("GpuInfo", {}).get("Gpus", [])
    if len(gpus) > 1:
        raise ValueError(f"{described['InstanceType']} has GPUs of several kinds")
    found = {
        "architecture": described["ProcessorInfo"]["SupportedArchitectures"][-1],
        "vcpus": described["VCpuInfo"]["DefaultVCpus"],
        "memory_mib": described["MemoryInfo"]["SizeInMiB"],
    }
    if described["InstanceStorageSupported"]:
        found["local_storage"] = True
    if gpus:
        gpu = gpus[0]
        found |= {
            "gpus": gpu["Count"],
            "gpu": f"{gpu['Manufacturer']} {gpu['Name']}",
            "gpu_memory_mib": gpu["MemoryInfo"]["SizeInMiB"],
        }
    return found


def facts(table: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the facts of the instance types that SageMaker endpoints support."""
    model: Any = botocore.session.Session().get_service_model("sagemaker")
    types = model.shape_for("ProductionVariantInstanceType").enum
    return {name: fact(table[name[3:]]) for name in sorted(types) if name[3:] in table}


def rendered(found: dict[str, dict[str, Any]], source: str, date: str) -> str:
    """Return JSON with a line for each instance type."""
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(found[name])}" for name in found)
    head = json.dumps({"source": source, "date": date}, indent=2)
    return f'{head[:-2]},\n  "instance_types": {{\n{lines}\n  }}\n}}\n'


def main() -> None:
    """Write the file from the installed moto and botocore."""
    table = json.loads(gzip.decompress(resources.files("moto").joinpath(TABLE).read_bytes()))
    source = (
        f"EC2 DescribeInstanceTypes, in moto/{TABLE} of moto {metadata.version('moto')} (PyPI); "
        "the types of ProductionVariantInstanceType in botocore "
        f"{metadata.version('botocore')} (PyPI)"
    )
    TARGET.write_text(rendered(facts(table), source, datetime.date.today().isoformat()))


if __name__ == "__main__":
    main()
