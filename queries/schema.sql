-- name: schema
-- The tables of a run, format 1. They are public: people query them. Rows lie in neuron_id order, which alone
-- makes one neuron's read take a millisecond.

-- What the run is: format version, model and its weights' hash, settings, library versions, time of making (UTC).
CREATE TABLE run.meta (key VARCHAR, value VARCHAR);

-- tokens: token ids as the model saw them, special tokens included. ends: where in the body each ends, in
-- characters; a token begins where the one before it ends. pooled: has a place in pooled.codes.
CREATE TABLE run.texts (
    text_id INTEGER, source_id VARCHAR, split VARCHAR, body VARCHAR, tokens INTEGER[], ends INTEGER[],
    gold VARCHAR[], pooled BOOLEAN
);

-- piece: what a token reads as, wherever it stands. special: never counts.
CREATE TABLE run.vocabulary (token_id INTEGER, piece VARCHAR, special BOOLEAN);

-- Moments and rates over all tokens; histogram over pooled activations, in equal bins of their range.
CREATE TABLE run.neurons (
    neuron_id INTEGER, layer SMALLINT, unit INTEGER, mean FLOAT, std FLOAT, minimum FLOAT, maximum FLOAT,
    firing_rate FLOAT, histogram INTEGER[]
);

-- start and peak count tokens of the text. trace: codes 0 (lowest) to 255 (highest), one a token from start.
CREATE TABLE run.exemplars (
    neuron_id INTEGER, kind VARCHAR, rank SMALLINT, text_id INTEGER, start SMALLINT, peak SMALLINT, value FLOAT,
    trace UTINYINT[], lowest FLOAT, highest FLOAT
);

-- One row a neuron: its pooled activation on each text that has texts.pooled, in text_id order,
-- as codes 0 (lowest) to 65535 (highest).
CREATE TABLE run.pooled (neuron_id INTEGER, lowest FLOAT, highest FLOAT, codes USMALLINT[]);

-- What a backend said of each text. descriptor_id is NULL where the phrase joined no descriptor.
CREATE TABLE run.phrases (text_id INTEGER, phrase VARCHAR, descriptor_id INTEGER);

CREATE TABLE run.descriptors (
    descriptor_id INTEGER, name VARCHAR, backend VARCHAR, texts_calibration INTEGER, texts_validation INTEGER
);

CREATE TABLE run.text_descriptors (text_id INTEGER, descriptor_id INTEGER);

-- The best few descriptors a neuron. lower and upper bound auroc_calibration after correction for the number
-- of pairs; average_precision is on validation too; described and described_validation say that each split's
-- own evidence is enough to say it aloud. top_with of the top_of calibration texts among the top exemplars hold
-- the descriptor.
CREATE TABLE run.matches (
    neuron_id INTEGER, rank SMALLINT, descriptor_id INTEGER, auroc_calibration FLOAT, lower FLOAT, upper FLOAT,
    auroc_validation FLOAT, average_precision FLOAT, top_with SMALLINT, top_of SMALLINT,
    described BOOLEAN, described_validation BOOLEAN
);
