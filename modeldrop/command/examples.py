"""An example of each command: in its help, and in docs/commands.md."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "inspect": (
        "inspect resnet/model.pt",
        "inspect resnet/model.pt --json",
        "inspect resnet/model.pt --run --input cat.jpg",
    ),
    "init": ("init resnet/model.pt --input cat.jpg",),
    "plan": ("plan resnet/model.pt --name resnet --region eu-west-1",),
    "prices": ("prices --refresh", "prices ml.g5.xlarge --region eu-west-1 --json"),
    "package": ("package resnet/model.pt -o model.tar.gz",),
    "export": ("export resnet50 --weights DEFAULT -o resnet/model.pt",),
    "doctor": ("doctor", "doctor --local", "doctor --stack vision --json"),
    "status": ("status", "status resnet --json", "status --stack vision --profile ops"),
    "history": ("history resnet",),
    "diff": ("diff resnet v1 v2", "diff resnet v1 v2 --json"),
    "batch": ("batch resnet pictures/", "batch resnet pictures/ --job monday -o results"),
    "invoke": (
        "invoke resnet",
        "invoke resnet cat.jpg --top 3",
        "invoke resnet batch.npy --repeat 100 -o answer.npz --json",
    ),
    "snippet": ("snippet resnet", "snippet resnet --language curl -o call.sh"),
    "bench": ("bench resnet --concurrency 1,4,16 --seconds 10",),
    "logs": (
        "logs resnet --since 15m",
        "logs resnet --follow",
        "logs resnet --all --json",
        "logs resnet --deployment",
    ),
    "rollback": ("rollback resnet", "rollback resnet --to 20260801T151224Z --yes --json"),
    "sleep": ("sleep resnet", "sleep resnet --yes --json"),
    "wake": ("wake resnet", "wake resnet --no-wait"),
    "delete": ("delete resnet",),
    "orphans": ("orphans", "orphans --delete --json"),
    "tune": ("tune resnet/model.pt --max-p95-ms 50",),
    "demo": ("demo",),
    "local up": ("local up",),
    "local run": ("local run resnet/model.pt --json",),
    "drop": (
        "drop resnet/model.pt",
        "drop resnet.pt --name resnet50 --stack vision",
        "drop resnet/model.pt --local",
    ),
    "promote": ("promote resnet --to prod", "promote resnet --to-config-env prod"),
    "watch": ("watch resnet",),
    "report": ("report resnet --open", "report -o reports"),
    "local down": ("local down",),
    "local status": ("local status",),
    "local inbox": ("local inbox", "local inbox resnet --show 1"),
    "local env": ("local env --shell fish",),
    "local logs": ("local logs ministack --lines 100",),
}
"""The examples by command, without `modeldrop`; a test runs their parsers."""


def epilog(command: str) -> str | None:
    """Return the end of a command's help."""
    examples = EXAMPLES.get(command)
    if examples is None:
        return None
    lines = "\n".join(f"  modeldrop {each}" for each in examples)
    return f"{'Example' if len(examples) == 1 else 'Examples'}:\n{lines}"
