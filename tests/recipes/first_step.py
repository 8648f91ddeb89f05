"""What the first step of training does in a published recipe, on a few small pictures."""

from skorch.callbacks import Callback

from sslearn.datasets import make_scenes


class FirstStep(Callback):
    """Optimizer, and names of the parameters that have a gradient and of those that have none.

    ``settings`` are learning rate and weight decay of each parameter by its name.
    """

    def __deepcopy__(self, memo):  # each fit copies its callbacks
        return self

    def on_grad_computed(self, net, named_parameters, **kwargs):
        named_parameters = list(named_parameters)
        self.optimizer = net.optimizer_
        self.learning, self.still = set(), set()
        for name, p in named_parameters:
            learns = p.grad is not None and (p.grad != 0).any()
            (self.learning if learns else self.still).add(name)
        names = {id(p): name for name, p in named_parameters}
        self.settings = {
            names[id(p)]: (group["lr"], group["weight_decay"])
            for group in net.optimizer_.param_groups
            for p in group["params"]
        }


def first_step(localizer):
    """Fit a recipe on one mini-batch of three small pictures; all else is as published."""
    step = FirstStep()
    localizer.set_params(image_size=64, sound_duration=0.975, max_epochs=1, device="cpu")
    localizer.set_params(callbacks=[step]).fit(make_scenes(3, random_state=0).data)
    return step
