"""What went wrong with a URL, in words, and the way out: pyarrow's file systems each have errors of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from neurotui.errors import UserError
from neurotui.store.urls import scheme_of

_LONGEST = 200
# Names of files and buckets, which say nothing of what went wrong; the sign in "couldn't" opens none.
_NAME = re.compile(r"(?<!\w)'[^']*'")
_READ = "what is read is s3://, gs://, abfs://, hdfs:// and file://; fetch other URLs to a file first"


class _Known(NamedTuple):
    """A pattern of an error's text, the same in words, and the way out by the URL's scheme ("": any other)."""

    says: str
    message: str
    hints: dict[str, str]


_CREDENTIALS = {
    "s3": "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; of a public bucket: s3://anonymous@BUCKET/",
    "gs": "log in with: gcloud auth application-default login; of a public bucket: gs://anonymous@BUCKET/",
    "abfs": "log in with: az login; or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
    "": "check the credentials and who may read it",
}
_ADDRESS = {
    "s3": "is there a network here? a server of one's own is named by AWS_ENDPOINT_URL, a region by AWS_REGION",
    "": "is there a network here?",
}
_KNOWN = (
    _Known(r"no.?such.?bucket|bucket '[^']*' not found", "there is no such bucket", {"": "check its name"}),
    _Known(
        r"access.?denied|forbidden|invalid.?access.?key|signature|expired.?token|access token|permission|unauth"
        r"|anonymous caller|HTTP status 40[13]",
        "it may not be read with the credentials there are",
        _CREDENTIALS,
    ),
    _Known(
        r"network.?connection|could ?n.t (resolve|connect)|not resolve|not known|timed? ?out|unavailable",
        "its server cannot be reached",
        _ADDRESS,
    ),
)


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what pyarrow raises within the block into a ``UserError`` that names the URL."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        install = "pip install 'neurotui[models]'" if missing == "pyarrow" else f"pip install {missing}"
        raise UserError(f"'{url}' is a URL, for which '{missing}' is not installed", install) from error
    except (NotImplementedError, ImportError) as error:
        raise UserError(
            f"the pyarrow here was built without what reads '{url}'", "pip install --upgrade pyarrow"
        ) from error
    except ValueError as error:
        unknown = "unrecognized filesystem" in str(error).lower()
        raise UserError(
            f"'{url}' cannot be read: {_first_sentence(error)}", _READ if unknown else "check how it is written"
        ) from error
    except UserError:
        raise
    except Exception as error:  # file systems of other packages raise whatever they like
        raise _known(url, error) from error


def way_in(url: str) -> str:
    """Return how the file system of a URL learns who asks, without anything in the URL."""
    return _CREDENTIALS.get(scheme_of(url), "leave it to the configuration of the file system").partition(";")[0]


def _known(url: str, error: Exception) -> UserError:
    said = _NAME.sub("''", str(error))
    for known in _KNOWN:
        if re.search(known.says, said, re.IGNORECASE):
            hint = known.hints.get(scheme_of(url), known.hints[""])
            return UserError(f"'{url}': {known.message}", hint, [_first_sentence(error)])
    return UserError(f"'{url}' cannot be read: {_first_sentence(error)}", "check the URL, then try again")


def _first_sentence(error: Exception) -> str:
    said = re.split(r"\. |\n", str(error))[0].rstrip(".")
    said = said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"
    return said[:1].lower() + said[1:]
