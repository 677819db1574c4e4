"""An archive in a bucket of S3: `s3://bucket/prefix`, where a file appears whole or not at all.

`lsst.resources` knows the endpoint and the credentials, as it does for Butler: S3_ENDPOINT_URL, `s3://profile@bucket/`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast

from ...errors import ReconcileError, Unreachable
from .backing import told

ONE_BY_ONE = 100
"""Files that are asked for singly; for more of them the folder is listed, a thousand at a time."""
THREADS = 8


class Bucket:
    """Files below a prefix of a bucket that exists already."""

    def __init__(self, address: str) -> None:
        self._address = address

    @property
    def address(self) -> str:
        """Return the URI."""
        return self._address

    @cached_property
    def _root(self) -> Any:
        with self._asked("look"):
            from lsst.resources import ResourcePath

            return ResourcePath(self._address, forceDirectory=True)

    @cached_property
    def _client(self) -> Any:
        root = self._root
        try:
            with self._asked("look"):
                return root.client
        except ValueError as error:  # of an address that makes no sense
            raise ReconcileError(f"archive {self.address}: {error}", hint="Check S3_ENDPOINT_URL.") from error

    @property
    def _bucket(self) -> str:
        return str(self._root.netloc.rpartition("@")[2])

    def _key(self, path: str) -> str:
        return f"{self._root.relativeToPathRoot.removeprefix('./')}{path}"

    def folders(self, path: str) -> tuple[str, ...]:
        """Return the names of the folders within a folder, in order."""
        prefix = self._key(f"{path}/")
        found: list[str] = []
        with self._asked(f"list {path}"):
            for page in self._listed(prefix, Delimiter="/"):
                found += [one["Prefix"].removeprefix(prefix).rstrip("/") for one in page.get("CommonPrefixes", ())]
        return tuple(sorted(found))

    def sizes(self, paths: Collection[str]) -> dict[str, int]:
        """Return which files are there and their sizes: one question for each, or a listing where that is cheaper."""
        if len(paths) <= ONE_BY_ONE:
            with self._asked("look at its files"), ThreadPoolExecutor(THREADS) as pool:
                sizes = zip(paths, pool.map(self._size, paths), strict=True)
                return {path: size for path, size in sizes if size is not None}
        wanted = {self._key(path): path for path in paths}
        found: dict[str, int] = {}
        for folder in sorted({path.rpartition("/")[0] for path in paths}):
            with self._asked(f"list {folder}"):
                for page in self._listed(self._key(f"{folder}/")):
                    found |= {
                        wanted[one["Key"]]: one["Size"] for one in page.get("Contents", ()) if one["Key"] in wanted
                    }
        return found

    def _listed(self, prefix: str, **more: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2")
        yield from pages.paginate(Bucket=self._bucket, Prefix=prefix, **more)

    def _size(self, path: str) -> int | None:
        from botocore.exceptions import ClientError

        try:
            return int(self._client.head_object(Bucket=self._bucket, Key=self._key(path))["ContentLength"])
        except ClientError as error:
            if _status(error) == 404:
                return None
            raise

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO | None]:
        """Open a file; it comes in one stream."""
        with self._asked(f"read {path}"):
            body = self._body(path)
        if body is None:
            yield None
            return
        try:
            yield cast(BinaryIO, _Body(body))
        finally:
            body.close()

    def _body(self, path: str) -> Any:
        from botocore.exceptions import ClientError

        try:
            return self._client.get_object(Bucket=self._bucket, Key=self._key(path))["Body"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                return None
            raise

    @contextmanager
    def unfinished(self) -> Iterator[_Unfinished]:
        """Begin a file on this machine; its name is known when it has been read."""
        with told(self.address, "write a temporary file for it"):
            folder = tempfile.TemporaryDirectory(prefix="reconcile-")
        with folder as name, Path(name, "part").open("wb") as stream:
            yield _Unfinished(self, stream)

    def upload(self, local: str, path: str) -> None:
        """Put a file of this machine into its place."""
        from boto3.s3.transfer import TransferConfig

        alone = TransferConfig(use_threads=False)  # other files go beside it
        with self._asked(f"write {path}"):
            self._client.upload_file(local, self._bucket, self._key(path), Config=alone)

    def settle(self, path: str) -> None:
        """Do nothing: what S3 has taken, it has."""

    @contextmanager
    def _asked(self, doing: str) -> Iterator[None]:
        """Turn what the client of S3 raises into errors that name the archive and the reason."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        with told(self.address, doing):
            try:
                yield
            except (BotoCoreError, ClientError, Boto3Error) as error:
                first = error.__context__ if isinstance(error, Boto3Error) and error.__context__ else error
                raise Unreachable(f"archive {self.address}: cannot {doing}: {first}", hint=_hint(first)) from error


class _Body:
    """A stream of S3 whose failures are those of files."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        from botocore.exceptions import BotoCoreError

        try:
            return bytes(self._body.read(None if size < 0 else size))
        except BotoCoreError as error:
            raise OSError(str(error)) from error


class _Unfinished:
    """A temporary file on this machine."""

    def __init__(self, bucket: Bucket, stream: Any) -> None:
        self._bucket, self._stream = bucket, stream

    def write(self, chunk: bytes) -> None:
        """Write a chunk."""
        with told(self._bucket.address, "write a temporary file for it"):
            self._stream.write(chunk)

    def keep(self, path: str) -> None:
        """Upload it."""
        with told(self._bucket.address, "write a temporary file for it"):
            self._stream.flush()
        self._bucket.upload(self._stream.name, path)


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _hint(error: BaseException) -> str:
    """Return what to do about an error of S3."""
    from botocore.exceptions import ClientError, NoCredentialsError

    if isinstance(error, NoCredentialsError):
        return "Give credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws/credentials."
    if isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") == "NoSuchBucket":
        return "A new archive begins as an empty bucket, which whoever runs the service makes."
    if isinstance(error, ClientError) and _status(error) in (401, 403):
        return "These credentials may not do this; whoever runs the service can let them."
    return "What is complete there stays; check S3_ENDPOINT_URL and the network and run it again, and it goes on."
