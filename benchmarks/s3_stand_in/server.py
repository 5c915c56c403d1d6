"""The HTTP side: S3's REST operations, on the loopback alone."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree

from benchmarks.s3_stand_in.store import COPY_LIMIT_BYTES, Refused, Store, Stored, Upload, in_base64
from benchmarks.s3_stand_in.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNTS = "/-/counts"
CLEAR = "/-/clear"
_CHUNK_BYTES = 256 * 1024


class Server(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1.

    Attributes:
        requests: how many of each operation.
        cuts: how many of the next bodies break off in their middle.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: Path, wire: Wire) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.store = Store(folder)
        self.wire = wire
        self.requests: Counter[str] = Counter()
        self.cuts = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def clear(self) -> None:
        """Forget all objects and counts."""
        self.store.clear()
        self.requests.clear()
        self.wire.received.bytes = self.wire.sent.bytes = self.cuts = 0


@contextmanager
def running(folder: Path, wire: Wire | None = None) -> Iterator[Server]:
    """Serve from a thread, for as long as the block lasts."""
    server = Server(folder, wire or Wire())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        url = urlsplit(self.path)
        self.query = dict(parse_qsl(url.query, keep_blank_values=True))
        self.bucket, _, self.key = unquote(url.path).lstrip("/").partition("/")
        self.left = int(self.headers.get("Content-Length", 0))
        time.sleep(self.server.wire.latency_seconds)
        try:
            if url.path in (COUNTS, CLEAR):
                self._control(url.path)
            else:
                operation = self._operation()
                self.server.requests[operation] += 1
                getattr(self, f"_{operation}")()
        except Refused as refusal:
            self._drain()
            text = f"<Error><Code>{refusal.code}</Code><Message>{refusal.code}</Message></Error>"
            self._answer(refusal.status, text)
        except ConnectionError:
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815

    def _operation(self) -> str:
        rules = {
            "GET": [("uploads", "ListMultipartUploads"), ("list-type", "ListObjectsV2")],
            "PUT": [("versioning", "PutBucketVersioning"), ("partNumber", "UploadPart")],
            "POST": [("uploads", "CreateMultipartUpload"), ("uploadId", "CompleteMultipartUpload")],
            "DELETE": [("uploadId", "AbortMultipartUpload")],
            "HEAD": [],
        }
        plain = {"GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
        for parameter, operation in rules[self.command]:
            if parameter in self.query:
                copies = "x-amz-copy-source" in self.headers
                return "UploadPartCopy" if operation == "UploadPart" and copies else operation
        if self.command == "PUT":
            if not self.key:
                return "CreateBucket"
            return "CopyObject" if "x-amz-copy-source" in self.headers else "PutObject"
        if self.command not in plain or not self.key:
            raise Refused(501, "NotImplemented")
        return plain[self.command]

    # --- objects ---

    def _GetObject(self) -> None:  # noqa: N802
        found = self._matching()
        start, length, status = 0, found.size, 200
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        headers = self._headers_of(found)
        if asked:
            start = int(asked[1])
            if start >= found.size:
                raise Refused(416, "InvalidRange")
            last = min(int(asked[2]), found.size - 1) if asked[2] else found.size - 1
            length, status = last - start + 1, 206
            headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{found.size}"
        self._head(status, length, headers)
        cut = self.server.cuts > 0
        self.server.cuts -= cut
        for path, offset, size in found.pieces(start, length // 2 if cut else length):
            self._send_file(path, offset, size)
        self.close_connection |= cut

    def _HeadObject(self) -> None:  # noqa: N802
        found = self._matching()
        self._head(200, found.size, self._headers_of(found))

    def _PutObject(self) -> None:  # noqa: N802
        made = self._received()
        self.server.store.objects[self.bucket, self.key] = made
        self._answer(200, "", {"ETag": made.etag, "x-amz-version-id": "null"})

    def _CopyObject(self) -> None:  # noqa: N802
        source = self._copy_source()
        if source.size > COPY_LIMIT_BYTES:
            raise Refused(400, "InvalidRequest")
        algorithm = self.headers.get("x-amz-checksum-algorithm")
        made = self.server.store.copied(source, 0, source.size, algorithm)
        self.server.store.objects[self.bucket, self.key] = made
        self._answer(200, f"<CopyObjectResult><ETag>{made.etag}</ETag></CopyObjectResult>")

    def _DeleteObject(self) -> None:  # noqa: N802
        self.server.store.delete(self.bucket, self.key)
        self._answer(204, "")

    def _ListObjectsV2(self) -> None:  # noqa: N802
        prefix = self.query.get("prefix", "")
        contents = "".join(
            f"<Contents><Key>{key}</Key><ETag>{found.etag}</ETag>"
            f"<Size>{found.size}</Size></Contents>"
            for (bucket, key), found in sorted(self.server.store.objects.items())
            if bucket == self.bucket and key.startswith(prefix)
        )
        self._answer(200, f"<ListBucketResult>{contents}</ListBucketResult>")

    def _CreateBucket(self) -> None:  # noqa: N802
        self._drain()
        self._answer(200, "")

    _PutBucketVersioning = _CreateBucket

    # --- multipart uploads ---

    def _CreateMultipartUpload(self) -> None:  # noqa: N802
        upload_id = os.urandom(8).hex()
        algorithm = self.headers.get("x-amz-checksum-algorithm")
        self.server.store.uploads[upload_id] = Upload((self.bucket, self.key), algorithm)
        text = f"<UploadId>{upload_id}</UploadId>"
        self._answer(200, f"<InitiateMultipartUploadResult>{text}</InitiateMultipartUploadResult>")

    def _UploadPart(self) -> None:  # noqa: N802
        upload = self.server.store.upload(self.query["uploadId"])
        if upload.algorithm and f"x-amz-checksum-{upload.algorithm.lower()}" not in self.headers:
            raise Refused(400, "InvalidRequest")
        made = upload.parts[int(self.query["partNumber"])] = self._received()
        self._answer(200, "", {"ETag": made.etag})

    def _UploadPartCopy(self) -> None:  # noqa: N802
        upload = self.server.store.upload(self.query["uploadId"])
        source = self._copy_source()
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["x-amz-copy-source-range"])
        if not asked or int(asked[2]) >= source.size:
            raise Refused(400, "InvalidArgument")
        start, length = int(asked[1]), int(asked[2]) - int(asked[1]) + 1
        if length > COPY_LIMIT_BYTES:
            raise Refused(400, "InvalidRequest")
        made = self.server.store.copied(source, start, length, upload.algorithm)
        upload.parts[int(self.query["partNumber"])] = made
        sums = "".join(
            f"<Checksum{name}>{value}</Checksum{name}>" for name, value in made.checksums.items()
        )
        self._answer(200, f"<CopyPartResult><ETag>{made.etag}</ETag>{sums}</CopyPartResult>")

    def _CompleteMultipartUpload(self) -> None:  # noqa: N802
        body = ElementTree.fromstring(self.rfile.read(self.left))  # noqa: S314  # our own client's
        self.left = 0
        upload = self.server.store.upload(self.query["uploadId"])
        asked = []
        for part in body:
            content = {child.tag.rpartition("}")[2]: child.text or "" for child in part}
            number = int(content["PartNumber"])
            known = upload.parts[number].checksums if number in upload.parts else {}
            for name, value in known.items():
                if content.get(f"Checksum{name}", value) != value:
                    raise Refused(400, "InvalidPart")
            asked.append((number, content["ETag"]))
        made = self.server.store.complete(self.query["uploadId"], asked)
        text = f"<ETag>{made.etag}</ETag>"
        self._answer(200, f"<CompleteMultipartUploadResult>{text}</CompleteMultipartUploadResult>")

    def _AbortMultipartUpload(self) -> None:  # noqa: N802
        self.server.store.abort(self.query["uploadId"])
        self._answer(204, "")

    def _ListMultipartUploads(self) -> None:  # noqa: N802
        uploads = "".join(
            f"<Upload><Key>{upload.key[1]}</Key><UploadId>{upload_id}</UploadId></Upload>"
            for upload_id, upload in self.server.store.uploads.items()
            if upload.key[0] == self.bucket
        )
        self._answer(200, f"<ListMultipartUploadsResult>{uploads}</ListMultipartUploadsResult>")

    # --- what they share ---

    def _matching(self) -> Stored:
        found = self.server.store.found(self.bucket, self.key)
        if self.headers.get("If-Match", found.etag) != found.etag:
            raise Refused(412, "PreconditionFailed")
        return found

    def _copy_source(self) -> Stored:
        bucket, _, key = unquote(self.headers["x-amz-copy-source"]).lstrip("/").partition("/")
        found = self.server.store.found(bucket, key)
        if self.headers.get("x-amz-copy-source-if-match", found.etag) != found.etag:
            raise Refused(412, "PreconditionFailed")
        return found

    def _headers_of(self, found: Stored) -> dict[str, str]:
        headers = {"ETag": found.etag, "Accept-Ranges": "bytes"}
        if self.headers.get("x-amz-checksum-mode") == "ENABLED" and "Range" not in self.headers:
            for name, value in found.checksums.items():
                headers[f"x-amz-checksum-{name.lower()}"] = value
            headers["x-amz-checksum-type"] = "FULL_OBJECT"
        return headers

    def _received(self) -> Stored:
        """Take the body; what does not fit the checksum sent with it is refused."""
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            raise Refused(501, "NotImplemented")
        path, crc = self.server.store.receive(self.left, self._read)
        told = self.headers.get("x-amz-checksum-crc32")
        if told is not None and told != in_base64(crc):
            raise Refused(400, "BadDigest")
        checksums = {} if told is None else {"CRC32": told}
        return self.server.store.stored(path, crc.to_bytes(4, "big"), checksums)

    def _read(self, buffer: memoryview) -> int:
        got = self.rfile.readinto(buffer)
        self.left -= got
        self.server.wire.received.pass_on(got)
        return int(got)

    def _drain(self) -> None:
        """Read what is left of the body, so that the connection can go on."""
        while self.left and (got := len(self.rfile.read(min(self.left, _CHUNK_BYTES)))):
            self.left -= got

    def _send_file(self, path: Path, offset: int, size: int) -> None:
        with path.open("rb") as file:
            while size:
                step = min(size, _CHUNK_BYTES)
                self.server.wire.sent.pass_on(step)
                done = os.sendfile(self.connection.fileno(), file.fileno(), offset, step)
                if not done:
                    raise ConnectionError
                offset += done
                size -= done

    def _control(self, path: str) -> None:
        wire = self.server.wire
        if path == CLEAR:
            self.server.clear()
        counts = {
            "received": wire.received.bytes,
            "sent": wire.sent.bytes,
            "requests": dict(self.server.requests),
        }
        self._answer(200, json.dumps(counts))

    def _answer(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        self._head(status, 0 if status == 204 else len(body), headers or {})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.flush()
