from sklearn.base import BaseEstimator, TransformerMixin


class StatelessTransformer(TransformerMixin, BaseEstimator):
    """Base of transformers that learn nothing: ``fit`` validates, ``transform`` needs no ``fit``.

    A Pipeline of them can therefore run on mini-batches without being fitted.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class ArrayTransformer(StatelessTransformer):
    """Base of stateless transformers whose output has more than two axes."""

    def set_output(self, *, transform=None):
        """Keep arrays: a data frame cannot hold the output.

        It is here so that ``set_output`` of a whole Pipeline works.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored.

        Returns
        -------
        self : object
            The estimator.
        """
        return self
