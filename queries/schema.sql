-- name: schema
-- The tables of a run, format 4. They are public: people query them. Rows lie in neuron_id order, which alone
-- makes one neuron's read take a millisecond.

-- What the run is: format version, model and its weights' hash, settings, library versions, time of making (UTC),
-- and what products quicker than exact float32 change (dtype_check...; a run of exact float32, or an old one, has none).
CREATE TABLE run.meta (key VARCHAR, value VARCHAR);

-- tokens: token ids as the model saw them, special tokens included. ends: where in the body each ends, in
-- characters; a token begins where the one before it ends. pooled: has a place in pooled.codes.
CREATE TABLE run.texts (
    text_id INTEGER, source_id VARCHAR, split VARCHAR, body VARCHAR, tokens INTEGER[], ends INTEGER[],
    gold VARCHAR[], pooled BOOLEAN
);

-- Where texts are windows of longer documents (precompute --window): which of the `total` windows of which document a
-- text is, numbered from 0, and at which character of the document it begins; source_id and gold are the document's.
-- Otherwise there are no rows.
CREATE TABLE run.windows (text_id INTEGER, document INTEGER, number INTEGER, total INTEGER, begins INTEGER);

-- piece: what a token reads as, wherever it stands. special: never counts.
CREATE TABLE run.vocabulary (token_id INTEGER, piece VARCHAR, special BOOLEAN);

-- Moments over all tokens; histogram over pooled activations, in equal bins of their range. firing_rate: the share
-- of tokens, by token_sample, at which the activation is at least a quarter of its largest, whatever its sign.
CREATE TABLE run.neurons (
    neuron_id INTEGER, layer SMALLINT, unit INTEGER, mean FLOAT, std FLOAT, minimum FLOAT, maximum FLOAT,
    firing_rate FLOAT, histogram INTEGER[]
);

-- kind: top and bottom by the highest and the lowest activation at a token, pooled by the highest pooled activation,
-- quantile and random. start and peak count tokens of the text, and value is the activation at the peak.
-- trace: codes 0 (lowest) to 255 (highest), one a token from start.
CREATE TABLE run.exemplars (
    neuron_id INTEGER, kind VARCHAR, rank SMALLINT, text_id INTEGER, start SMALLINT, peak SMALLINT, value FLOAT,
    trace UTINYINT[], lowest FLOAT, highest FLOAT
);

-- One row a neuron: its pooled activation on each text that has texts.pooled, in text_id order,
-- as codes 0 (lowest) to 65535 (highest).
CREATE TABLE run.pooled (neuron_id INTEGER, lowest FLOAT, highest FLOAT, codes USMALLINT[]);

-- The words at which most of a neuron's top (side 1) or bottom (side -1) exemplars peak, commonest first.
CREATE TABLE run.peaks (neuron_id INTEGER, side TINYINT, rank SMALLINT, word VARCHAR, exemplars SMALLINT);

-- Tokens of both splits at which every neuron's activation is kept, in place order. weight: how many tokens of the
-- data set, repeated texts counted once, a place stands for.
CREATE TABLE run.token_sample (place INTEGER, text_id INTEGER, position SMALLINT, split VARCHAR, weight FLOAT);

-- One row a neuron: its activation at each place of token_sample, as codes 0 (lowest) to 255 (highest).
CREATE TABLE run.token_activations (neuron_id INTEGER, lowest FLOAT, highest FLOAT, codes UTINYINT[]);

-- The tokens whose logit a neuron's output weights raise (promoted) or lower (suppressed) most. value: the change
-- of the logit for one unit of activation, less the mean over the vocabulary, in standard deviations of it.
CREATE TABLE run.outputs (neuron_id INTEGER, kind VARCHAR, rank SMALLINT, token_id INTEGER, value FLOAT);

-- What a backend said of each text. descriptor_id is NULL where the phrase joined no descriptor.
CREATE TABLE run.phrases (text_id INTEGER, phrase VARCHAR, descriptor_id INTEGER);

-- scope: text (it holds for texts) or token (it holds at tokens). kind: what sort of descriptor it is: topic, or for
-- tokens word, sign, stem, class, piece, affix, shape, frequency, position, before (what stands before), after. calibration and validation count the texts, or the
-- places of the token sample, at which it holds.
CREATE TABLE run.descriptors (
    descriptor_id INTEGER, scope VARCHAR, kind VARCHAR, name VARCHAR, backend VARCHAR, calibration INTEGER,
    validation INTEGER
);

CREATE TABLE run.text_descriptors (text_id INTEGER, descriptor_id INTEGER);

CREATE TABLE run.token_descriptors (place INTEGER, descriptor_id INTEGER);

-- The best few descriptors a neuron. Rank 0 is what is said first of the neuron, whatever its scope; within a scope
-- the order is that of the ranks. side: 1 for the activation, -1 for its negative: all scores are then those of the negative.
-- AUROC and average precision are over texts (pooled activations) or places, by scope; lower and upper bound
-- auroc_calibration after correction for the number of pairs; average_precision is on validation. The correlations
-- are with the activation at tokens, whatever the scope. described and described_validation say that each split's
-- own evidence is enough to say it aloud. top_with of the top_of calibration exemplars hold the descriptor: by the
-- token at the peak of the top ones (bottom for side -1), or for a text descriptor by the pooled ones.
CREATE TABLE run.matches (
    neuron_id INTEGER, rank SMALLINT, descriptor_id INTEGER, side TINYINT, auroc_calibration FLOAT, lower FLOAT,
    upper FLOAT, auroc_validation FLOAT, average_precision FLOAT, correlation_calibration FLOAT,
    correlation_validation FLOAT, top_with SMALLINT, top_of SMALLINT, described BOOLEAN,
    described_validation BOOLEAN
);

-- Other describers, side by side with the one whose descriptors and matches are the tables above: one row for each
-- `describe --as NAME`, in order of name. backend, namer, llm and prompts are what meta says of the other ("" for none);
-- described_at is UTC, descriptors counts what was found, described the neurons whose first match has evidence enough.
CREATE TABLE run.describers (
    name VARCHAR, backend VARCHAR, namer VARCHAR, llm VARCHAR, prompts VARCHAR, described_at VARCHAR,
    descriptors INTEGER, described INTEGER
);

-- What each of them says of the neurons: the columns are those of matches and of descriptors. prevalence: the share of
-- calibration texts, or tokens, that hold the descriptor. Rows lie in order of describer, neuron_id and rank.
CREATE TABLE run.described_by (
    describer VARCHAR, neuron_id INTEGER, rank SMALLINT, scope VARCHAR, kind VARCHAR, name VARCHAR, side TINYINT,
    auroc_calibration FLOAT, lower FLOAT, upper FLOAT, auroc_validation FLOAT, average_precision FLOAT,
    correlation_calibration FLOAT, correlation_validation FLOAT, top_with SMALLINT, top_of SMALLINT,
    prevalence FLOAT, described BOOLEAN, described_validation BOOLEAN
);
