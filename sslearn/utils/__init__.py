"""Validation of arrays and parameters, and audio files; independent of directions."""

from sslearn.utils._allocation import keep_freed_memory
from sslearn.utils._audio import audio_info, read_audio, resample_audio
from sslearn.utils._batches import fit_batch_transform, take_rows
from sslearn.utils._channels import check_channels, check_pairs
from sslearn.utils._features import check_features, check_weights
from sslearn.utils._images import check_image, read_image
from sslearn.utils._numbers import as_numbers, to_numbers
from sslearn.utils._optional import import_optional
from sslearn.utils._parallel import run_parallel
from sslearn.utils._pipelines import split_pipeline
from sslearn.utils._progress import track
from sslearn.utils._provenance import check_rate, recall, remember
from sslearn.utils._ranges import band_slice, check_range
from sslearn.utils._resize import resize_maps
from sslearn.utils._samples import as_samples, holds_paths, sample_labels
from sslearn.utils._show_versions import show_versions
from sslearn.utils._stores import StoredArray, open_group, store_path
from sslearn.utils._validation import (
    check_audio,
    check_finite,
    check_floats,
    check_maps,
    check_spectrum,
)

__all__ = [
    "StoredArray",
    "as_numbers",
    "as_samples",
    "audio_info",
    "band_slice",
    "check_audio",
    "check_channels",
    "check_features",
    "check_finite",
    "check_floats",
    "check_image",
    "check_maps",
    "check_pairs",
    "check_range",
    "check_rate",
    "check_spectrum",
    "check_weights",
    "fit_batch_transform",
    "holds_paths",
    "import_optional",
    "keep_freed_memory",
    "open_group",
    "read_audio",
    "read_image",
    "recall",
    "remember",
    "resample_audio",
    "resize_maps",
    "run_parallel",
    "sample_labels",
    "show_versions",
    "split_pipeline",
    "store_path",
    "take_rows",
    "to_numbers",
    "track",
]
