-- name: overview
-- Every neuron with its figures, in any order: the columns of the list.
SELECT neuron_id, layer, unit, mean, std, minimum, maximum, firing_rate FROM run.neurons;

-- name: beginning
-- The neurons of which most can be said, best first, as the list shows them: read in a moment, whatever the run's
-- size.
SELECT
    layer, unit, mean, std, minimum, maximum, firing_rate,
    coalesce(correlation_calibration, 'nan'::FLOAT) AS score,
    coalesce(correlation_validation, 'nan'::FLOAT) AS validation, coalesce(described, false) AS described,
    coalesce(side, 1) AS side, coalesce(left(name, 1000), '') AS name, coalesce(scope, '') AS scope,
    coalesce(kind, '') AS kind, coalesce(left(word, 1000), '') AS word, coalesce(exemplars, 0) AS peak_count
FROM (
    SELECT * FROM run.neurons LEFT JOIN (SELECT * FROM run.matches WHERE rank = 0) USING (neuron_id)
    ORDER BY
        coalesce(described, false) DESC, nullif(correlation_calibration, 'nan'::FLOAT) DESC NULLS LAST, neuron_id
    LIMIT $count
)
LEFT JOIN run.descriptors USING (descriptor_id)
LEFT JOIN (SELECT neuron_id, word, exemplars FROM run.peaks WHERE side = 1 AND rank = 0) USING (neuron_id)
ORDER BY
    coalesce(described, false) DESC, nullif(correlation_calibration, 'nan'::FLOAT) DESC NULLS LAST, neuron_id;

-- name: statistics
-- One neuron's figures.
SELECT layer, unit, mean, std, minimum, maximum, firing_rate, histogram, lowest, highest
FROM run.neurons JOIN run.pooled USING (neuron_id)
WHERE neuron_id = $neuron_id;

-- name: number_of
-- The neuron_id of a layer's unit.
SELECT neuron_id FROM run.neurons WHERE layer = $layer AND unit = $unit;

-- name: pooled
-- One neuron's pooled activations, as codes.
SELECT lowest, highest, codes FROM run.pooled WHERE neuron_id = $neuron_id;

-- name: pooled_block
-- The pooled activations of a range of neurons, as codes.
SELECT codes FROM run.pooled
WHERE neuron_id >= $first AND neuron_id < $end ORDER BY neuron_id;
