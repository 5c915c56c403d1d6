"""Files that Triton cannot serve as they are: what each is, and how to fix it."""

from dataclasses import dataclass

from model_packager.rejection import ModelRejected

_EXPORT = (
    "Build the model in Python, load its weights and export it: "
    "`torch.jit.trace(model.eval(), example_input).save('model.pt')`, or "
    "`modeldrop export MODULE:FACTORY -o model.pt`. Then upload that file."
)
TRACE = "`torch.jit.trace(model.eval(), example_input).save('model.pt')`"
_UPLOAD_AGAIN = "Save the model again, compare the sizes after the upload, and upload it again."


@dataclass(frozen=True)
class UnservableFile:
    """A kind of file: why Triton cannot serve it, and what to do."""

    cause: str
    fix: str

    def rejected(self) -> ModelRejected:
        """Return the error for the person who uploaded such a file."""
        return ModelRejected(self.cause, self.fix)


# --- No model at all ------------------------------------------------------------------------------

EMPTY = UnservableFile(
    "The file is empty: it has 0 bytes.",
    "Check that the model was written to the end before it was uploaded, then upload it again.",
)
TRUNCATED = UnservableFile(
    "The file begins as a zip archive, as TorchScript files do, but its end is missing. A "
    "full disk or an interrupted upload may have truncated it.",
    _UPLOAD_AGAIN,
)
ZEROS = UnservableFile(
    "The file begins with zero bytes only, so its content is missing.", _UPLOAD_AGAIN
)
WEB_PAGE = UnservableFile(
    "The file is an HTML or XML page, most likely an error page saved in place of the model.",
    "Open the file in a text editor to read the server's message. Download the model again and "
    "upload it.",
)
LFS_POINTER = UnservableFile(
    "The file is a Git LFS pointer: a few lines of text that stand for the model.",
    "Run `git lfs pull` in the repository and upload the file that takes the pointer's place.",
)
TEXT = UnservableFile(
    "The file is plain text, but a model is binary.",
    "Upload the TorchScript file itself, as `torch.jit.save` wrote it.",
)
UNKNOWN = UnservableFile(
    "The file is not a TorchScript archive, and its format is unknown.",
    _EXPORT,
)
UNKNOWN_ZIP = UnservableFile(
    "The file is a zip archive but not a TorchScript archive: it does not contain the files "
    "that torch.jit.save writes.",
    _EXPORT,
)

# --- PyTorch, in other forms ----------------------------------------------------------------------

STATE_DICT = UnservableFile(
    "The file was written by torch.save and contains a state_dict or checkpoint: weights, without "
    "the code that runs them.",
    _EXPORT,
)
LEGACY_STATE_DICT = UnservableFile(
    "The file was written by torch.save in its old format (before PyTorch 1.6) and contains a "
    "state_dict or checkpoint: weights, without the code that runs them.",
    _EXPORT,
)
PICKLE = UnservableFile(
    "The file is a Python pickle. Triton runs TorchScript. Modeldrop never opens a pickle, "
    "because opening one runs the code in it.",
    _EXPORT,
)
TORCH_PACKAGE = UnservableFile(
    "The file is a torch.package archive, which Triton's PyTorch backend cannot load.",
    "Load it with `torch.package.PackageImporter` and export the model: "
    f"{TRACE}. Then upload that file.",
)
EXPORTED_PROGRAM = UnservableFile(
    "The file is a torch.export program (.pt2), which Triton cannot load. It needs a "
    "compiled package or TorchScript.",
    f"Export the model as TorchScript: {TRACE}, and upload that file. Or compile the program with "
    "`torch._inductor.aoti_compile_and_package(program, package_path='model.pt2')` for the "
    "endpoint's GPU, and upload model.pt2.",
)
ANCIENT_TORCHSCRIPT = UnservableFile(
    "The file is TorchScript of PyTorch 1.0 to 1.2, in an old format that later versions do not "
    "write.",
    "Load it and save it again with a current PyTorch: "
    "`torch.jit.load('old.pt').save('model.pt')`. Then upload that file.",
)
TORCHSERVE = UnservableFile(
    "The file is a TorchServe archive (.mar).",
    "Extract the TorchScript file from it (it is a zip archive) and upload that as model.pt.",
)
SAFETENSORS = UnservableFile(
    "The file is in the safetensors format: weights, without the code that runs them.", _EXPORT
)
SHARED_LIBRARY = UnservableFile(
    "The file is compiled code (an ELF library or program), such as AOTInductor writes without a "
    "package.",
    f"Export the model as TorchScript: {TRACE}, and upload that file.",
)

# --- Other formats --------------------------------------------------------------------------------

_TO_ONNX = (
    "Convert the model to ONNX: save it as a SavedModel (in Keras: `model.export('saved')`), run "
    "`python -m tf2onnx.convert --saved-model saved --output model.onnx`, and upload model.onnx."
)
KERAS_ZIP = UnservableFile(
    "The file is a Keras model (.keras), but model.pt must be a TorchScript model.",
    _TO_ONNX,
)
HDF5 = UnservableFile(
    "The file is in the HDF5 format, as Keras writes it (.h5), but model.pt must be a "
    "TorchScript model.",
    _TO_ONNX,
)
SAVED_MODEL = UnservableFile(
    "The file is an archive of a TensorFlow SavedModel, but model.pt must be a TorchScript model.",
    "Convert it to ONNX: unpack it, run `python -m tf2onnx.convert --saved-model FOLDER --output "
    "model.onnx`, and upload model.onnx.",
)
TFLITE = UnservableFile(
    "The file is a TensorFlow Lite model, but model.pt must be a TorchScript model.",
    "Convert it to ONNX: run `python -m tf2onnx.convert --tflite FILE --output model.onnx`, and "
    "upload model.onnx.",
)
SAVED_MODEL_PB = UnservableFile(
    "The file is the saved_model.pb of a TensorFlow SavedModel, without the folder's variables.",
    "Convert the whole folder to ONNX: run `python -m tf2onnx.convert --saved-model FOLDER "
    "--output model.onnx`, and upload model.onnx.",
)
GRAPH_DEF = UnservableFile(
    "The file is a TensorFlow graph (GraphDef, .pb), which is not ONNX.",
    "Convert it to ONNX: run `python -m tf2onnx.convert --graphdef FILE --inputs NAME:0 --outputs "
    "NAME:0 --output model.onnx`, and upload model.onnx.",
)
CORE_ML = UnservableFile(
    "The file is a Core ML model (.mlmodel), which Triton cannot serve.",
    "Export the original model to TorchScript or ONNX, and upload it as model.pt or model.onnx.",
)
NUMPY = UnservableFile(
    "The file is a NumPy file (.npy, .npz): arrays, without the code that runs them.", _EXPORT
)
GGUF = UnservableFile(
    "The file is in the GGUF format (llama.cpp), which Triton cannot load.",
    f"Export the original PyTorch model: {TRACE}, and upload that file.",
)

# --- Archives around a model ----------------------------------------------------------------------

UNPACKED_REPOSITORY = UnservableFile(
    "The file is a Triton model repository in an archive that is not a .tar.gz.",
    "Unpack it, pack its folders with `tar -czf model.tar.gz *`, and upload model.tar.gz.",
)
TAR = UnservableFile(
    "The file is a tar archive (.tar, .tar.gz), but its first files do not belong to a model "
    "repository.",
    "Unpack it and upload the TorchScript file in it as model.pt.",
)
COMPRESSED = UnservableFile(
    "The file is compressed (.gz, .xz, .bz2, .zst).",
    "Unpack it and upload the TorchScript file in it as model.pt.",
)


def saved_object(root: str) -> UnservableFile:
    """Return the kind of a file of torch.save that has no state_dict.

    Args:
        root: the class of the saved object, such as "__main__.Net".
    """
    if root.startswith("torch._utils."):
        return UnservableFile(
            "The file was written by torch.save and contains a tensor: numbers, without the code "
            "that turns an input into an output.",
            _EXPORT,
        )
    return UnservableFile(
        f"The file was written by torch.save and contains a whole Python object ({root:.120}). "
        "Opening it needs the Python code of its class, which Triton does not have.",
        "Load it in an environment with that code and export it: `model = torch.load('model.pt', "
        "weights_only=False).eval()`, then "
        "`torch.jit.trace(model, example_input).save('model.pt')`. Then upload that file.",
    )
