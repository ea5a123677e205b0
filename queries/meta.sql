-- name: meta
-- Everything that the run says of itself.
-- A value is cut far beyond what any has.
SELECT key, left(value, 10000) AS value FROM run.meta ORDER BY key;

-- name: counts
-- How much there is of each thing.
SELECT
    (SELECT count(*) FROM run.texts) AS texts,
    (SELECT count(*) FROM run.texts WHERE split = 'calibration') AS texts_calibration,
    (SELECT count(*) FROM run.texts WHERE split = 'validation') AS texts_validation,
    (SELECT count(DISTINCT layer) FROM run.neurons) AS layers,
    (SELECT count(*) FROM run.neurons) AS neurons,
    (SELECT count(*) FROM run.exemplars) AS exemplars,
    (SELECT count(*) FROM run.descriptors) AS descriptors,
    (SELECT count(*) FROM run.matches WHERE described AND rank = 0) AS described_neurons;
