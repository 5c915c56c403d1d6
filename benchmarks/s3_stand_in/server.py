"""The HTTP server, with S3's REST operations on the loopback address."""

from __future__ import annotations

import json
import os
import re
import ssl
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
        requests: the number of requests by operation.
        cuts: the number of the next response bodies to cut off in the middle.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: Path, wire: Wire, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self._scheme = "https" if tls else "http"
        if tls:  # the connection's thread makes the handshake at the first read
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        self.store = Store(folder)
        self.wire = wire
        self.requests: Counter[str] = Counter()
        self.cuts = 0

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"{self._scheme}://127.0.0.1:{self.server_address[1]}"

    def clear(self) -> None:
        """Remove all objects and counts."""
        self.store.clear()
        self.requests.clear()
        self.wire.received.bytes = self.wire.sent.bytes = self.cuts = 0


@contextmanager
def running(
    folder: Path, wire: Wire | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """Serve from a thread for a `with` block."""
    server = Server(folder, wire or Wire(), tls)
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
        """Log nothing."""

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
            self._respond(refusal.status, text)
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
        stored = self._matching()
        start, length, status = 0, stored.size, 200
        range_match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        headers = self._headers_of(stored)
        if range_match:
            start = int(range_match[1])
            if start >= stored.size:
                raise Refused(416, "InvalidRange")
            last = stored.size - 1
            if range_match[2]:
                last = min(int(range_match[2]), last)
            length, status = last - start + 1, 206
            headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{stored.size}"
        self._head(status, length, headers)
        cut = self.server.cuts > 0
        self.server.cuts -= cut
        for path, offset, size in stored.pieces(start, length // 2 if cut else length):
            self._send_file(path, offset, size)
        self.close_connection |= cut

    def _HeadObject(self) -> None:  # noqa: N802
        stored = self._matching()
        self._head(200, stored.size, self._headers_of(stored))

    def _PutObject(self) -> None:  # noqa: N802
        stored = self._received()
        self.server.store.objects[self.bucket, self.key] = stored
        self._respond(200, "", {"ETag": stored.etag, "x-amz-version-id": "null"})

    def _CopyObject(self) -> None:  # noqa: N802
        source = self._copy_source()
        if source.size > COPY_LIMIT_BYTES:
            raise Refused(400, "InvalidRequest")
        algorithm = self.headers.get("x-amz-checksum-algorithm")
        stored = self.server.store.copy(source, 0, source.size, algorithm)
        self.server.store.objects[self.bucket, self.key] = stored
        self._respond(200, f"<CopyObjectResult><ETag>{stored.etag}</ETag></CopyObjectResult>")

    def _DeleteObject(self) -> None:  # noqa: N802
        self.server.store.delete(self.bucket, self.key)
        self._respond(204, "")

    def _ListObjectsV2(self) -> None:  # noqa: N802
        prefix = self.query.get("prefix", "")
        contents = "".join(
            f"<Contents><Key>{key}</Key><ETag>{stored.etag}</ETag>"
            f"<Size>{stored.size}</Size></Contents>"
            for (bucket, key), stored in sorted(self.server.store.objects.items())
            if bucket == self.bucket and key.startswith(prefix)
        )
        self._respond(200, f"<ListBucketResult>{contents}</ListBucketResult>")

    def _CreateBucket(self) -> None:  # noqa: N802
        self._drain()
        self._respond(200, "")

    _PutBucketVersioning = _CreateBucket

    # --- multipart uploads ---

    def _CreateMultipartUpload(self) -> None:  # noqa: N802
        upload_id = os.urandom(8).hex()
        algorithm = self.headers.get("x-amz-checksum-algorithm")
        self.server.store.uploads[upload_id] = Upload((self.bucket, self.key), algorithm)
        text = f"<UploadId>{upload_id}</UploadId>"
        self._respond(200, f"<InitiateMultipartUploadResult>{text}</InitiateMultipartUploadResult>")

    def _UploadPart(self) -> None:  # noqa: N802
        upload = self.server.store.upload(self.query["uploadId"])
        if upload.algorithm and f"x-amz-checksum-{upload.algorithm.lower()}" not in self.headers:
            raise Refused(400, "InvalidRequest")
        stored = upload.parts[int(self.query["partNumber"])] = self._received()
        self._respond(200, "", {"ETag": stored.etag})

    def _UploadPartCopy(self) -> None:  # noqa: N802
        upload = self.server.store.upload(self.query["uploadId"])
        source = self._copy_source()
        range_match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["x-amz-copy-source-range"])
        if not range_match or int(range_match[2]) >= source.size:
            raise Refused(400, "InvalidArgument")
        start = int(range_match[1])
        length = int(range_match[2]) - start + 1
        if length > COPY_LIMIT_BYTES:
            raise Refused(400, "InvalidRequest")
        stored = self.server.store.copy(source, start, length, upload.algorithm)
        upload.parts[int(self.query["partNumber"])] = stored
        sums = "".join(
            f"<Checksum{name}>{value}</Checksum{name}>" for name, value in stored.checksums.items()
        )
        self._respond(200, f"<CopyPartResult><ETag>{stored.etag}</ETag>{sums}</CopyPartResult>")

    def _CompleteMultipartUpload(self) -> None:  # noqa: N802
        body = ElementTree.fromstring(self.rfile.read(self.left))  # noqa: S314 - the body is from our client
        self.left = 0
        upload = self.server.store.upload(self.query["uploadId"])
        requested = []
        for part in body:
            content = {child.tag.rpartition("}")[2]: child.text or "" for child in part}
            number = int(content["PartNumber"])
            known = upload.parts[number].checksums if number in upload.parts else {}
            for name, value in known.items():
                if content.get(f"Checksum{name}", value) != value:
                    raise Refused(400, "InvalidPart")
            requested.append((number, content["ETag"]))
        stored = self.server.store.complete(self.query["uploadId"], requested)
        text = f"<ETag>{stored.etag}</ETag>"
        self._respond(200, f"<CompleteMultipartUploadResult>{text}</CompleteMultipartUploadResult>")

    def _AbortMultipartUpload(self) -> None:  # noqa: N802
        self.server.store.abort(self.query["uploadId"])
        self._respond(204, "")

    def _ListMultipartUploads(self) -> None:  # noqa: N802
        uploads = "".join(
            f"<Upload><Key>{upload.key[1]}</Key><UploadId>{upload_id}</UploadId></Upload>"
            for upload_id, upload in self.server.store.uploads.items()
            if upload.key[0] == self.bucket
        )
        self._respond(200, f"<ListMultipartUploadsResult>{uploads}</ListMultipartUploadsResult>")

    # --- common ---

    def _matching(self) -> Stored:
        stored = self.server.store.get(self.bucket, self.key)
        if self.headers.get("If-Match", stored.etag) != stored.etag:
            raise Refused(412, "PreconditionFailed")
        return stored

    def _copy_source(self) -> Stored:
        bucket, _, key = unquote(self.headers["x-amz-copy-source"]).lstrip("/").partition("/")
        stored = self.server.store.get(bucket, key)
        if self.headers.get("x-amz-copy-source-if-match", stored.etag) != stored.etag:
            raise Refused(412, "PreconditionFailed")
        return stored

    def _headers_of(self, stored: Stored) -> dict[str, str]:
        headers = {"ETag": stored.etag, "Accept-Ranges": "bytes"}
        if self.headers.get("x-amz-checksum-mode") == "ENABLED" and "Range" not in self.headers:
            for name, value in stored.checksums.items():
                headers[f"x-amz-checksum-{name.lower()}"] = value
            headers["x-amz-checksum-type"] = "FULL_OBJECT"
        return headers

    def _received(self) -> Stored:
        """Receive the body. Reject it if it does not match the checksum in the request."""
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            raise Refused(501, "NotImplemented")
        path, crc = self.server.store.receive(self.left, self._read)
        sent_checksum = self.headers.get("x-amz-checksum-crc32")
        if sent_checksum is not None and sent_checksum != in_base64(crc):
            raise Refused(400, "BadDigest")
        checksums = {} if sent_checksum is None else {"CRC32": sent_checksum}
        return self.server.store.stored(path, crc.to_bytes(4, "big"), checksums)

    def _read(self, buffer: memoryview) -> int:
        count = self.rfile.readinto(buffer)
        self.left -= count
        self.server.wire.received.pass_on(count)
        return int(count)

    def _drain(self) -> None:
        """Read the rest of the body, so that the connection can be reused."""
        while self.left and (count := len(self.rfile.read(min(self.left, _CHUNK_BYTES)))):
            self.left -= count

    def _send_file(self, path: Path, offset: int, size: int) -> None:
        with path.open("rb") as file:
            while size:
                step = min(size, _CHUNK_BYTES)
                self.server.wire.sent.pass_on(step)
                if isinstance(self.connection, ssl.SSLSocket):
                    self.connection.sendall(os.pread(file.fileno(), step, offset))
                    done = step
                else:
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
        self._respond(200, json.dumps(counts))

    def _respond(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
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
