import io
from pathlib import Path

from model_packager.formats.torchscript.archive import read_torchscript
from model_packager.formats.torchscript.signature import resolve_signature
from model_packager.signature import Signature
from model_packager.spec.deploy_spec import resolve_spec


def signature_in(path: Path) -> Signature:
    archive = read_torchscript(io.BytesIO(path.read_bytes()))
    return resolve_signature(archive, resolve_spec(None, archive.deploy_yaml).spec)
