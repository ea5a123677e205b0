"""Errors of pyarrow's file systems become plain messages, each with a way out."""

import pytest
from pyarrow.lib import ArrowInvalid, ArrowNotImplementedError

from neurotui.errors import UserError
from neurotui.store.url_errors import explained

# As pyarrow 26 words them.
RAISED = [
    (OSError("When resolving region for bucket 'b': Bucket 'b' not found"), "no such bucket", "check its name"),
    (OSError("AWS Error NO_SUCH_BUCKET during ListObjectsV2 operation: no"), "no such bucket", "check its name"),
    (
        OSError("AWS Error ACCESS_DENIED during HeadObject operation: No response body."),
        "credentials",
        "AWS_PROFILE",
    ),
    (
        OSError("AWS Error NETWORK_CONNECTION during HeadObject operation: curlCode: 6"),
        "reached",
        "AWS_ENDPOINT_URL",
    ),
    (OSError("Could not create a OAuth2 access token to authenticate. UNAVAILABLE"), "credentials", "AWS_PROFILE"),
    (ConnectionError("[Errno -2] Name or service not known"), "reached", "network"),
    (OSError("Couldn't resolve the host of 'b'"), "reached", "network"),
    (OSError("Flux capacitor. More of it"), "cannot be read: flux capacitor", "try again"),
    (RuntimeError("another package's"), "cannot be read: another package's", "try again"),
    (ArrowInvalid("Unrecognized filesystem type in URI: s3://b/k"), "unrecognized filesystem", "s3://, gs://"),
    (ArrowInvalid("Unexpected query parameter: 'nonsense'"), "'nonsense'", "check how it is written"),
    (
        OSError(
            "When reading information for key 'forbidden permissions.jsonl' in bucket 'expired-token':"
            " AWS Error NETWORK_CONNECTION during HeadObject operation: curlCode: 6, Couldn't resolve host name"
        ),
        "reached",
        "AWS_ENDPOINT_URL",
    ),
    (
        ArrowNotImplementedError("Got S3 URI but Arrow compiled without S3 support"),
        "built without",
        "upgrade pyarrow",
    ),
    (ImportError("The pyarrow installation is not built with support"), "built without", "upgrade pyarrow"),
    (
        ModuleNotFoundError("No module named 'fsspec'", name="fsspec.core"),
        "'fsspec' is not installed",
        "pip install fsspec",
    ),
]


@pytest.mark.parametrize(("error", "message", "hint"), RAISED)
def test_each_error_names_the_url_and_says_what_to_do(error, message, hint):
    with pytest.raises(UserError) as refusal, explained("s3://b/k"):
        raise error
    assert message in refusal.value.message
    assert "'s3://b/k'" in refusal.value.message
    assert hint in refusal.value.hint
    assert refusal.value.__cause__ is error


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("gs://b/k", "gcloud auth"),
        ("gcs://b/k", "gcloud auth"),
        ("S3://b/k", "AWS_PROFILE"),
        ("abfss://c@a/k", "az login"),
    ],
)
def test_credentials_are_asked_for_in_the_words_of_whose_they_are(url, hint):
    with pytest.raises(UserError) as refusal, explained(url):
        raise OSError("PERMISSION_DENIED")
    assert hint in refusal.value.hint


def test_what_was_told_already_is_left_as_it_is():
    told = UserError("message", "hint")
    with pytest.raises(UserError) as refusal, explained("s3://b/k"):
        raise told
    assert refusal.value is told
