"""Trains a masked language model on the corpus: the usual 15 % masking, AdamW, a linear decay."""

import torch


def train_mlm(model, tokenizer, texts: list[str], steps: int, seed: int, batch: int = 64) -> float:
    """Returns the mean loss of the last 50 steps (natural logarithm, per masked token)."""
    generator = torch.Generator().manual_seed(seed)
    encoded = tokenizer(texts, padding=True, truncation=True, max_length=40, return_tensors="pt")
    ids, mask = encoded["input_ids"], encoded["attention_mask"]
    special = torch.isin(ids, torch.tensor(tokenizer.all_special_ids))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    model.train()
    losses = []
    for _ in range(steps):
        rows = torch.randint(len(texts), (batch,), generator=generator)
        width = int(mask[rows].sum(1).max())
        inputs, attention = ids[rows, :width].clone(), mask[rows, :width]
        chosen = (torch.rand(inputs.shape, generator=generator) < 0.15) & ~special[rows, :width]
        labels = inputs.masked_fill(~chosen, -100)
        inputs[chosen & (torch.rand(inputs.shape, generator=generator) < 0.85)] = tokenizer.mask_token_id
        loss = model(input_ids=inputs, attention_mask=attention, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    model.eval()
    return sum(losses[-50:]) / 50
