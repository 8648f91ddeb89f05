"""Training without scikit-learn's callbacks, which came with its version 1.9."""


class _Context:
    """Context of a task that calls nothing."""

    def subcontext(self, **kwargs):
        """Context of a part of the task."""
        return self

    def call_on_fit_task_begin(self, **kwargs):
        """Do nothing."""

    def call_on_fit_task_end(self, **kwargs):
        """Do nothing, and let the training go on."""
        return False


class CallbackSupportMixin:
    """Estimator that trains without callbacks."""

    def _init_callback_context(self, **kwargs):
        return _Context()


def with_callbacks(fit):
    """Return ``fit`` as it is."""
    return fit
