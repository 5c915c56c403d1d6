from model_packager.repository.layout import config_path, labels_path, model_path


def test_the_layout_is_tritons() -> None:
    assert model_path("resnet") == "resnet/1/model.pt"
    assert model_path("resnet", "1/model.onnx") == "resnet/1/model.onnx"
    assert config_path("resnet") == "resnet/config.pbtxt"
    assert labels_path("resnet") == "resnet/labels.txt"
