import pytest

from model_packager.names.drop import drop_folder, dropped_model, model_name, owning_model
from model_packager.rejection import ModelRejected


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("model.pt", "model"),
        ("resnet/model.pt", "resnet"),
        ("team/a/resnet/model.pt", "resnet"),
        ("no good name/resnet/model.pt", "resnet"),
        ("ResNet-50_v1.5/model.pt", "ResNet-50_v1.5"),
        ("7/model.pt", "7"),
        ("model.pt/model.pt", "model.pt"),
        ("x" * 128 + "/model.pt", "x" * 128),
    ],
)
def test_model_is_called_as_its_folder(key: str, name: str) -> None:
    assert model_name(key) == name


@pytest.mark.parametrize(
    "folder",
    ["", "a b", "-x", "_x", ".", "..", "größe", "a+b", "a:b", "x" * 129, "a\n", "\na", "team/"],
)
def test_folder_that_is_not_a_name_is_rejected(folder: str) -> None:
    with pytest.raises(ModelRejected, match="is not a valid model name") as caught:
        model_name(f"{folder}/model.pt")
    assert "resnet/model.pt" in caught.value.fix


@pytest.mark.parametrize("key", ["", "resnet/model.pth", "resnet/Model.pt", "resnet/", "xmodel.pt"])
def test_object_of_another_name_is_rejected(key: str) -> None:
    with pytest.raises(
        ModelRejected, match=r"only objects with the names model\.pt, .* are models"
    ):
        model_name(key)


@pytest.mark.parametrize(
    ("key", "folder"), [("model.pt", ""), ("a/model.pt", "a/"), ("a/b/model.pt", "a/b/")]
)
def test_folder_of_the_sidecars(key: str, folder: str) -> None:
    assert drop_folder(key) == folder


def test_model_in_the_folder_of_a_batch_job_is_rejected() -> None:
    with pytest.raises(ModelRejected, match="is in the folder of a batch job"):
        model_name("team/resnet/batch/vgg/model.pt")
    assert model_name("team/batch/model.pt") == "batch"


@pytest.mark.parametrize(
    ("key", "dropped", "owning"),
    [
        ("team/resnet/model.pt", "resnet", "resnet"),
        ("team/resnet/deploy.yaml", None, "resnet"),
        ("deploy.yaml", None, "model"),
        ("team/resnet/batch/monday/_READY", None, "resnet"),
        ("team/resnet/batch/monday/model.pt", None, "resnet"),
        ("a b/model.pt", None, None),
        ("a b/deploy.yaml", None, None),
        ("/deploy.yaml", None, None),
        ("team//deploy.yaml", None, None),
    ],
)
def test_key_may_belong_to_a_model(key: str, dropped: str | None, owning: str | None) -> None:
    assert (dropped_model(key), owning_model(key)) == (dropped, owning)
