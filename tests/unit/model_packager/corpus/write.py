"""Writes the corpus of small hostile inputs that the fuzz tests start from.

    .venv/bin/python -m tests.unit.model_packager.corpus.write

Add files that a fuzz test found by hand. This script changes only the files that it writes.
"""

from pathlib import Path

from tests.unit.model_packager.formats.archives.raw_tar import member, pax

FOLDER = Path(__file__).parent

SPECS = {
    "bool-tag": "max_batch_size: !!bool foo\n",
    "int-tag-empty": 'max_batch_size: !!int ""\n',
    "timestamp-tag": "tags: {day: !!timestamp foo}\n",
    "binary-tag": "tags: {day: !!binary aGk=}\n",
    "hex-digits": "max_batch_size: 0x" + "F" * 300 + "\n",
    "sexagesimal": "max_batch_size: 1:30\n",
    "surrogate": '"\\ud800": "\\udfff"\n',
    "large-escape": 'tags: {a: "\\UFFFFFFFF"}\n',
    "merge-key": "<<: {max_batch_size: 1}\n",
    "alias": "inputs: &a [*a]\n",
    "deep": "[" * 60 + "\n",
    "block-text": "tags:\n  a: |9\n    x\n  ? b\n  : >-\n    y\n",
    "directive": "%YAML 1.2\n%TAG ! tag:yaml.org,2002:\n---\nmax_batch_size: !int 8\n",
    "whole-spec": "max_batch_size: 4\n"
    "inputs: [{name: x, dtype: FP32, dims: [-1, 3], example_dims: [2, 3]}]\n"
    "model_warmup: {batch_sizes: [1, 2], repeat: 3}\n"
    "endpoint: {instance_type: ml.g4dn.xlarge, fallback_instance_types: [ml.g5.xlarge]}\n"
    'container: {environment: {A: "1"}}\n'
    "smoke_test: {load: true, tolerances: {y: {rtol: 1e-3}}, picture: {crop: 200}}\n",
}

GRAPH = member("saved/saved_model.pb", b"\x08\x01" * 40)
SAVED_MODELS = {
    "plain": (GRAPH, member("saved/variables/variables.index", b"i" * 600)),
    "folders": (member("saved/", b"", b"5"), GRAPH),
    "global-path": (member("g", pax(b"path", b"../x"), b"g"), GRAPH),
    "pax-path": (member("p", pax(b"path", b"saved/saved_model.pb"), b"x"), member("a", b"pb")),
    "pax-size": (member("p", pax(b"size", b"9" * 300), b"x"), GRAPH),
    "long-name": (member("L", b"saved/saved_model.pb\0", b"L"), member("a", b"pb")),
    "sparse": (member("p", pax(b"GNU.sparse.map", b"0,1"), b"x"), GRAPH),
    "link": (GRAPH, member("saved/link", b"", b"2")),
    "config": (member("m/config.pbtxt", b"a{b:0x1 c:'\\q'}" * 9), member("m/1/model.py")),
}

if __name__ == "__main__":
    for name, text in SPECS.items():
        (FOLDER / f"{name}.yaml").write_text(text)
    for name, blocks in SAVED_MODELS.items():
        (FOLDER / f"{name}.tar").write_bytes(b"".join(blocks) + bytes(1024))
