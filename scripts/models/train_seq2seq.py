"""Trains a translator on pairs of token ids: cross-entropy, AdamW, a linear decay."""

import torch


BATCH = 64


def train_seq2seq(model, sources: list[list[int]], targets: list[list[int]], steps: int, seed: int) -> float:
    """`targets` hold what the decoder has to say, </s> included. Returns the mean loss of the last 50 steps."""
    generator = torch.Generator().manual_seed(seed)
    pad, start = model.config.pad_token_id, model.config.decoder_start_token_id
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min((s + 1) / 200, 1 - s / steps))
    model.train()
    losses = []
    for _ in range(steps):
        rows = torch.randint(len(sources), (BATCH,), generator=generator).tolist()
        inputs = _padded([sources[row] for row in rows], pad)
        labels = _padded([targets[row] for row in rows], pad)
        shifted = _padded([[start, *targets[row][:-1]] for row in rows], pad)
        logits = model(input_ids=inputs, attention_mask=(inputs != pad).long(), decoder_input_ids=shifted).logits
        mask = _mask([len(targets[row]) for row in rows], labels.shape[1])
        loss = torch.nn.functional.cross_entropy(logits[mask], labels[mask])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    model.eval()
    return sum(losses[-50:]) / 50


def _padded(rows: list[list[int]], pad: int) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [pad] * (width - len(row)) for row in rows])


def _mask(lengths: list[int], width: int) -> torch.Tensor:
    return torch.arange(width).unsqueeze(0) < torch.tensor(lengths).unsqueeze(1)
