-- name: schema_1
-- The tables of format 1, as they were written until November 2026: what a file that claims it is compared with.
CREATE TABLE run.meta (key VARCHAR, value VARCHAR);
CREATE TABLE run.texts (
    text_id INTEGER, source_id VARCHAR, split VARCHAR, body VARCHAR, tokens INTEGER[], ends INTEGER[],
    gold VARCHAR[], pooled BOOLEAN
);
CREATE TABLE run.vocabulary (token_id INTEGER, piece VARCHAR, special BOOLEAN);
CREATE TABLE run.neurons (
    neuron_id INTEGER, layer SMALLINT, unit INTEGER, mean FLOAT, std FLOAT, minimum FLOAT, maximum FLOAT,
    firing_rate FLOAT, histogram INTEGER[]
);
CREATE TABLE run.exemplars (
    neuron_id INTEGER, kind VARCHAR, rank SMALLINT, text_id INTEGER, start SMALLINT, peak SMALLINT, value FLOAT,
    trace UTINYINT[], lowest FLOAT, highest FLOAT
);
CREATE TABLE run.pooled (neuron_id INTEGER, lowest FLOAT, highest FLOAT, codes USMALLINT[]);
CREATE TABLE run.phrases (text_id INTEGER, phrase VARCHAR, descriptor_id INTEGER);
CREATE TABLE run.descriptors (
    descriptor_id INTEGER, name VARCHAR, backend VARCHAR, texts_calibration INTEGER, texts_validation INTEGER
);
CREATE TABLE run.text_descriptors (text_id INTEGER, descriptor_id INTEGER);
CREATE TABLE run.matches (
    neuron_id INTEGER, rank SMALLINT, descriptor_id INTEGER, auroc_calibration FLOAT, lower FLOAT, upper FLOAT,
    auroc_validation FLOAT, average_precision FLOAT, top_with SMALLINT, top_of SMALLINT,
    described BOOLEAN, described_validation BOOLEAN
);

-- name: from_format_1
-- A run of format 1, attached as `older`, under the names of format 2. It keeps no activations at single tokens: the
-- tables for those are empty, and correlations with them are no numbers.
CREATE VIEW run.meta AS FROM older.meta;
CREATE VIEW run.texts AS FROM older.texts;
CREATE VIEW run.vocabulary AS FROM older.vocabulary;
CREATE VIEW run.neurons AS FROM older.neurons;
CREATE VIEW run.exemplars AS FROM older.exemplars;
CREATE VIEW run.pooled AS FROM older.pooled;
CREATE VIEW run.phrases AS FROM older.phrases;
CREATE VIEW run.text_descriptors AS FROM older.text_descriptors;
CREATE VIEW run.descriptors AS
SELECT
    descriptor_id, 'text' AS scope, 'topic' AS kind, name, backend, texts_calibration AS calibration,
    texts_validation AS validation
FROM older.descriptors;
CREATE VIEW run.matches AS
SELECT
    neuron_id, rank, descriptor_id, 1::TINYINT AS side, auroc_calibration, lower, upper, auroc_validation,
    average_precision, 'nan'::FLOAT AS correlation_calibration, 'nan'::FLOAT AS correlation_validation, top_with, top_of,
    described, described_validation
FROM older.matches;
CREATE TABLE run.peaks (neuron_id INTEGER, side TINYINT, rank SMALLINT, word VARCHAR, exemplars SMALLINT);
CREATE TABLE run.token_sample (place INTEGER, text_id INTEGER, position SMALLINT, split VARCHAR, weight FLOAT);
CREATE TABLE run.token_activations (neuron_id INTEGER, lowest FLOAT, highest FLOAT, codes UTINYINT[]);
CREATE TABLE run.outputs (neuron_id INTEGER, kind VARCHAR, rank SMALLINT, token_id INTEGER, value FLOAT);
CREATE TABLE run.token_descriptors (place INTEGER, descriptor_id INTEGER);
