"""The decoder: RMSNorm, rotary positions, grouped-query attention, SwiGLU; the shape of Llama, small."""
import torch
import torch.nn as nn
import torch.nn.functional as F

NORM_EPSILON = 1e-5


class Shape:
    """Sizes; saved in every checkpoint."""

    def __init__(self, vocabulary=2048, width=160, layers=4, heads=5, key_value_heads=5, inner=432, theta=10000.0):
        self.vocabulary, self.width, self.layers = vocabulary, width, layers
        self.heads, self.key_value_heads, self.inner, self.theta = heads, key_value_heads, inner, theta

    @property
    def head_width(self):
        return self.width // self.heads


def rms_norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + NORM_EPSILON) * weight


def rotate(x, cos, sin):
    left, right = x.chunk(2, -1)
    return torch.cat([left * cos - right * sin, right * cos + left * sin], -1)


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        head, kv = shape.head_width, shape.key_value_heads
        self.norm1 = nn.Parameter(torch.ones(shape.width))
        self.norm2 = nn.Parameter(torch.ones(shape.width))
        self.qkv = nn.Linear(shape.width, (shape.heads + 2 * kv) * head, bias=False)
        self.out = nn.Linear(shape.heads * head, shape.width, bias=False)
        self.gate_up = nn.Linear(shape.width, 2 * shape.inner, bias=False)
        self.down = nn.Linear(shape.inner, shape.width, bias=False)

    def forward(self, x, cos, sin, mask, dtype):
        shape = self.shape
        batch, length, _ = x.shape
        head, heads, kv = shape.head_width, shape.heads, shape.key_value_heads
        group = heads // kv

        def linear(value, layer):
            return F.linear(value, layer.weight.to(dtype))

        hidden = rms_norm(x, self.norm1).to(dtype)
        q, k, v = linear(hidden, self.qkv).split([heads * head, kv * head, kv * head], -1)
        q = rotate(q.view(batch, length, heads, head), cos, sin).transpose(1, 2)
        k = rotate(k.view(batch, length, kv, head), cos, sin).transpose(1, 2)
        v = v.view(batch, length, kv, head).transpose(1, 2)
        # Queries of a group share keys: they are put side by side, so that one product serves them all.
        q = q.reshape(batch * kv, group * length, head)
        k = k.reshape(batch * kv, length, head)
        v = v.reshape(batch * kv, length, head)
        weights = torch.bmm(q * head ** -0.5, k.transpose(1, 2)).view(batch * kv, group, length, length) + mask
        weights = torch.softmax(weights, -1).view(batch * kv, group * length, length)
        mixed = torch.bmm(weights, v).view(batch, heads, length, head).transpose(1, 2).reshape(batch, length, -1)
        x = x + linear(mixed, self.out)
        gate, up = linear(rms_norm(x, self.norm2).to(dtype), self.gate_up).chunk(2, -1)
        return x + linear(F.silu(gate) * up, self.down)


class Decoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.width))
        for name, parameter in self.named_parameters():
            if parameter.dim() != 2:
                continue
            residual = 0.5 if '.out.' in name or '.down.' in name else 1
            spread = 0.02 if 'embedding' in name else parameter.shape[1] ** -0.5 * residual
            nn.init.normal_(parameter, 0, spread)

    def forward(self, ids, dtype=torch.float32, selected=None):
        """ids [batch, length] -> logits in float32, of all positions or of the `selected` ones of the flattened batch."""
        shape = self.shape
        length = ids.shape[1]
        frequencies = shape.theta ** (-torch.arange(0, shape.head_width, 2).float() / shape.head_width)
        angles = torch.arange(length).float()[:, None] * frequencies
        cos, sin = angles.cos()[:, None, :].to(dtype), angles.sin()[:, None, :].to(dtype)
        mask = torch.full((length, length), -1e4).triu(1).to(dtype)
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, cos, sin, mask, dtype)
        x = rms_norm(x, self.norm)
        if selected is not None:
            x = x.reshape(-1, shape.width)[selected]
        return F.linear(x.to(dtype), self.embedding.weight.to(dtype)).float()
