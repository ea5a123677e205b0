-- name: overview
-- Every neuron with its figures, in any order: the columns of the list.
SELECT neuron_id, layer, unit, mean, std, minimum, maximum, firing_rate FROM run.neurons;

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
