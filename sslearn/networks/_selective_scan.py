import torch

_BLOCK = 16  # steps between kept states
_CACHED = 2**17  # numbers in a state that stays in the cache of a processor


def selective_scan(u, delta, A, B, C, D, state=None):
    """Run the recurrence of a selective state-space model through time.

    Parameters
    ----------
    u : Tensor of shape (n_samples, n_frames, n_units)
        Inputs.
    delta : Tensor of shape (n_samples, n_frames, n_units)
        Step sizes, positive.
    A : Tensor of shape (n_units, n_states)
        Decay rates, negative.
    B, C : Tensor of shape (n_samples, n_frames, n_states)
        Weights of the input in the state and of the state in the output.
    D : Tensor of shape (n_units,)
        Weights of the input in the output.
    state : Tensor of shape (n_samples, n_states, n_units), default=None
        State before the first frame, which has no gradient; zeros if None.

    Returns
    -------
    y : Tensor of shape (n_samples, n_frames, n_units)
        Outputs.
    state : Tensor of shape (n_samples, n_states, n_units)
        State after the last frame, without a gradient.

    See Also
    --------
    SelectiveSSM : Layer around it, in which delta, B and C depend on the input.

    Notes
    -----
    For each sample and unit, with states ``h``::

        h[t] = exp(delta[t] A) h[t - 1] + delta[t] u[t] B[t]
        y[t] = C[t] . h[t] + D u[t]

    On a CPU the frames run one after the other and in place, over samples whose states fit in
    its cache: that is faster than a scan of logarithmic depth, which reads all states from memory
    several times. In training, every 16th state is kept, and the others are computed again in the
    backward pass, block by block. With tensors on a GPU, no given state and the package
    ``mamba_ssm`` installed, its fused kernel is used. The result does not depend on the memory
    order of the inputs; tensors whose frames are the slowest axis are not copied.

    References
    ----------
    A. Gu and T. Dao, "Mamba: linear-time sequence modeling with selective state spaces", COLM,
    2024.

    Examples
    --------
    One unit and one state, which is halved in each frame:

    >>> import torch
    >>> from sslearn.networks.layers import selective_scan
    >>> u, one = torch.tensor([[[1.0], [0.0], [0.0]]]), torch.ones(1, 3, 1)
    >>> y, state = selective_scan(u, one, torch.tensor([[-0.6931472]]), one, one, torch.zeros(1))
    >>> y.flatten()
    tensor([1.0000, 0.5000, 0.2500])
    """
    u, delta, B, C = (x.transpose(0, 1) for x in (u, delta, B, C))
    y, state = scan_frames(u, delta, A.T, B, C, D, state)
    return y.transpose(0, 1), state


def scan_frames(u, delta, A, B, C, D, state):
    """Selective scan with frames first and A of shape (n_states, n_units)."""
    if u.is_meta:  # only shapes matter: a loop over frames would compute nothing
        return torch.empty_like(u), u.new_empty(u.shape[1], *A.shape)
    # Before torch 2.7 nothing is exported.
    if getattr(torch.compiler, "is_exporting", bool)():
        return _scan_exported(u, delta, A, B, C, D, state)
    if state is None and u.is_cuda and (kernel := _fused_kernel()) is not None:
        return _scan_fused(kernel, u, delta, A, B, C, D)
    # Full precision under autocast, as in the fused kernel.
    u, delta, B, C = (x.to(A.dtype) for x in (u, delta, B, C))
    state = A.new_zeros(u.shape[1], *A.shape) if state is None else state.clone()
    if torch.is_grad_enabled() and len(u):
        y, state = _SelectiveScan.apply(u, delta, A, B, C, state)
    else:
        y = _scan_forward(u, delta, A, B, C, state)
    return torch.addcmul(y, u, D), state


def _scan_exported(u, delta, A, B, C, D, state):
    """Scan as one node for any number of frames; a trace would fix their number."""
    from torch.onnx import ops

    state = A.new_zeros(u.shape[1], *A.shape) if state is None else state
    y, state = ops.symbolic_multi_out(
        "sslearn::SelectiveScan",
        (delta, delta * u, B, C, A, state),
        dtypes=[u.dtype, u.dtype],
        shapes=[u.shape, state.shape],
        version=1,
    )
    return torch.addcmul(y, u, D), state


def _fused_kernel():
    try:
        from mamba_ssm.ops.selective_scan_interface import selective_scan_fn
    except ImportError:
        return None
    return selective_scan_fn


def _scan_fused(kernel, u, delta, A, B, C, D):
    """Scan by the kernel, which has frames last."""
    u, delta, B, C = (x.permute(1, 2, 0) for x in (u, delta, B, C))
    y, state = kernel(u, delta, A.T, B, C, D, return_last_state=True)
    return y.permute(2, 0, 1), state.mT.detach()


def _parts(state):
    """Slices of samples whose states stay in the cache; all samples on a GPU."""
    size = len(state) if state.is_cuda else max(1, _CACHED // state[0].numel())
    return [slice(i, i + size) for i in range(0, len(state), size)]


def _frames(block, part, *tensors):
    """Frames of a block, of the samples of a part; indexing in the loop would be slower."""
    return zip(*(x[block, part].unbind() for x in tensors), strict=True)


def _scan_forward(u, delta, A, B, C, state, kept=()):
    """Outputs without the last term; the state is updated, and kept before each block."""
    A = A.contiguous()
    y = torch.empty_like(u, memory_format=torch.contiguous_format)
    views = (delta.unsqueeze(2), (delta * u).unsqueeze(2), B.unsqueeze(3), C.unsqueeze(2))
    for part in _parts(state):
        h = state[part]
        decay = torch.empty_like(h)
        for i, start in enumerate(range(0, len(u), _BLOCK)):
            if len(kept):
                kept[i, part] = h
            block = slice(start, start + _BLOCK)
            for d, v, b, c, out in _frames(block, part, *views, y.unsqueeze(2)):
                # h[t] = exp(delta A) h[t - 1] + v b and y[t] = c . h[t], with v = delta u.
                torch.mul(d, A, out=decay).exp_()
                h.mul_(decay).addcmul_(v, b)
                torch.bmm(c, h, out=out)
    return y


class _SelectiveScan(torch.autograd.Function):
    """Scan with frames first: u and delta (T, N, E), A (n, E), B and C (T, N, n), state (N, n, E).

    Views give the tensors of a frame, (N, E) or (N, n), the axes of the state.
    """

    @staticmethod
    def forward(ctx, u, delta, A, B, C, state):
        kept = state.new_empty(-(-len(u) // _BLOCK), *state.shape)
        y = _scan_forward(u, delta, A, B, C, state, kept)
        ctx.save_for_backward(u, delta, A.contiguous(), B, C, kept)
        ctx.mark_dirty(state)
        ctx.mark_non_differentiable(state)
        return y, state

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad_y, _):
        u, delta, A, B, C, kept = ctx.saved_tensors
        v = delta * u
        grad_v, grad_delta, grad_B, grad_C = map(torch.empty_like, (v, v, B, C))
        grad_A = torch.zeros_like(A)
        inputs = (delta.unsqueeze(2), v.unsqueeze(2), B.unsqueeze(3))
        # Rows times matrices throughout: matrices times columns are three times as slow.
        outer = (grad_y.unsqueeze(2), C.unsqueeze(3), B.unsqueeze(2))
        grads = (grad_v.unsqueeze(2), grad_delta, grad_B.unsqueeze(2), grad_C.unsqueeze(2))
        parts = _parts(kept[0])
        n_steps = min(_BLOCK, len(u))
        buffers = kept.new_empty(2 * n_steps + 2, *kept[0, parts[0]].shape)
        for part in parts:
            g, of_A = torch.zeros_like(kept[0, part]), torch.zeros_like(kept[0, part])
            w, *rest = buffers[:, : len(g)].unbind()
            h, decays = rest[: n_steps + 1], rest[n_steps + 1 :]
            for i in reversed(range(len(kept))):
                block = slice(i * _BLOCK, (i + 1) * _BLOCK)
                h[0].copy_(kept[i, part])
                frames = _frames(block, part, *inputs, *outer, *grads)
                steps = list(zip(h, h[1:], decays, frames, strict=False))
                _restore_states(A, steps)
                _scan_backward(A, steps, g, w, of_A)
            grad_A += of_A.sum(0)
        # v = delta u also depends on delta.
        grad_delta.addcmul_(grad_v, u)
        return grad_v.mul_(delta), grad_delta, grad_A, grad_B, grad_C, None


def _restore_states(A, steps):
    """States and decays of a block after its first state."""
    for before, after, decay, (d, v, b, *_) in steps:
        torch.mul(d, A, out=decay).exp_()
        torch.mul(before, decay, out=after).addcmul_(v, b)


def _scan_backward(A, steps, g, w, of_A):
    """Gradients of a block: g is that of the state, of_A sums that of A, w is overwritten."""
    for before, after, decay, (d, v, _, gy, c, b, gv, gd, gb, gc) in reversed(steps):
        # g = dL/dh[t]: from y[t] = c . h[t], added to what h[t + 1] passed back.
        g.addcmul_(gy, c)
        torch.bmm(gy, after.mT, out=gc)
        torch.bmm(v, g.mT, out=gb)
        torch.bmm(b, g, out=gv)
        # To h[t - 1] through exp(delta A) h[t - 1], whose slope is delta in A and A in delta.
        g.mul_(decay)
        of_A.addcmul_(torch.mul(g, before, out=w), d)
        torch.sum(w.mul_(A), 1, out=gd)
