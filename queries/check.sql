-- name: read_whole
-- Reads every block of a table: a hash of whole rows can be had from nothing else.
SELECT count(*), bit_xor(hash(one)) FROM query_table($table) AS one;

-- name: filled
-- How many rows a table has, and how many of them have a value in each column.
SELECT count(*) AS "all rows", count(COLUMNS('(.*)')) AS "\1" FROM query_table($table);

-- name: lists_with_gaps
-- Lists in which a value is missing: the table, what is wrong with it, and in how many rows.
FROM (
    SELECT 'texts' AS place, 'a token, an end or a gold label without a value' AS wrong, count(*) AS count FROM run.texts
    WHERE len(tokens) <> list_count(tokens) OR len(ends) <> list_count(ends) OR len(gold) <> list_count(gold)
    UNION ALL
    SELECT 'neurons', 'a bar of a histogram without a value', count(*) FROM run.neurons
    WHERE len(histogram) <> list_count(histogram)
    UNION ALL
    SELECT 'exemplars', 'a code of a trace without a value', count(*) FROM run.exemplars
    WHERE len(trace) <> list_count(trace)
    UNION ALL
    SELECT 'pooled', 'a code without a value', count(*) FROM run.pooled WHERE len(codes) <> list_count(codes)
    UNION ALL
    SELECT 'token_activations', 'a code without a value', count(*) FROM run.token_activations
    WHERE len(codes) <> list_count(codes)
)
WHERE count > 0;

-- name: match_faults
-- What cannot be in a table of matches, those of a run's own descriptors or of describers beside them, and in how many rows.
WITH matched AS (FROM query_table($table)),
found(wrong, count) AS (
    SELECT 'an AUROC or an average precision that cannot be', count(*) FROM matched
    WHERE (NOT isnan(auroc_calibration) AND NOT auroc_calibration BETWEEN 0 AND 1)
        OR (NOT isnan(auroc_validation) AND NOT auroc_validation BETWEEN 0 AND 1)
        OR (NOT isnan(average_precision) AND NOT average_precision BETWEEN 0 AND 1)
        OR (NOT isnan(lower) AND NOT abs(lower) <= 10)
        OR (NOT isnan(upper) AND NOT abs(upper) <= 10)
    UNION ALL
    SELECT 'bounds that do not enclose the AUROC', count(*) FROM matched
    WHERE NOT isnan(auroc_calibration) AND (isnan(lower) OR isnan(upper) OR NOT auroc_calibration BETWEEN lower AND upper)
    UNION ALL
    SELECT 'a correlation that cannot be', count(*) FROM matched
    WHERE NOT abs(correlation_calibration) <= 1.0001 OR NOT abs(correlation_validation) <= 1.0001
    UNION ALL
    SELECT 'more exemplars that hold the descriptor than there are', count(*) FROM matched
    WHERE NOT top_with BETWEEN 0 AND top_of OR top_of > (SELECT max(rank) + 1 FROM run.exemplars)
    UNION ALL
    SELECT 'a side that is none', count(*) FROM matched WHERE side NOT IN (1, -1)
)
SELECT wrong, count FROM found WHERE count > 0 ORDER BY wrong;

-- name: table_faults
-- Where the tables do not add up: the table, what is wrong with it, and in how many rows.
WITH sizes AS (
    SELECT
        (SELECT count(*) FROM run.neurons) AS neurons,
        (SELECT count(*) FROM run.texts) AS texts,
        (SELECT count(*) FROM run.texts WHERE pooled) AS pooled,
        (SELECT count(*) FROM run.token_sample) AS places,
        (SELECT count(*) FROM run.descriptors) AS descriptors
),
scales AS (
    SELECT neuron_id, minimum::DOUBLE AS minimum, maximum::DOUBLE AS maximum, greatest(abs(minimum), abs(maximum)) AS scale
    FROM run.neurons
),
held AS (
    SELECT
        descriptor_id,
        count(*) FILTER (split = 'calibration') AS calibration,
        count(*) FILTER (split = 'validation') AS validation
    FROM (
        SELECT descriptor_id, split FROM run.text_descriptors JOIN run.texts USING (text_id)
        UNION ALL
        SELECT descriptor_id, split FROM run.token_descriptors JOIN run.token_sample USING (place)
    )
    GROUP BY descriptor_id
),
found(place, wrong, count) AS (
    SELECT 'meta', 'says another number of texts in a split', count(*) FROM run.meta
    WHERE key IN ('texts_calibration', 'texts_validation')
        AND value <> (SELECT count(*) FROM run.texts WHERE 'texts_' || split = key)::VARCHAR
    UNION ALL
    SELECT 'meta', 'nothing that says its ' || needed, 1
    FROM (VALUES ('model'), ('weights'), ('pooling'), ('texts_calibration'), ('texts_validation')) AS wanted(needed)
    WHERE needed NOT IN (SELECT key FROM run.meta)
    UNION ALL
    SELECT 'meta', 'a key twice', count(*) - count(DISTINCT key) FROM run.meta
    UNION ALL
    SELECT 'meta', 'a pooling that is none', count(*) FROM run.meta
    WHERE key = 'pooling' AND NOT list_contains($poolings, value)
    UNION ALL
    SELECT 'meta', 'no number where there must be one', count(*) FROM run.meta
    WHERE key IN ('seed', 'max_tokens', 'exemplars', 'tokens', 'texts_left_out')
        AND NOT regexp_full_match(value, '[0-9]+')
    UNION ALL
    SELECT 'meta', 'figures of the check of its dtype that cannot be', count(*) FROM run.meta
    WHERE key IN ('dtype_check_overlap', 'dtype_check_overlap_least', 'dtype_check_auroc', 'dtype_check_auroc_most')
        AND NOT coalesce(try_cast(value AS DOUBLE) BETWEEN 0 AND 1 OR isnan(try_cast(value AS DOUBLE)), false)
    UNION ALL
    SELECT 'meta', 'a check of another dtype than its own', count(*) FROM run.meta
    WHERE key = 'dtype_check_of'
        AND (SELECT any_value(value) FROM run.meta WHERE key = 'dtype') NOT IN (value, 'float32')
    UNION ALL
    SELECT name, 'none at all', 1 FROM (VALUES ('texts', (SELECT texts FROM sizes)), ('neurons', (SELECT neurons FROM sizes)))
        AS counted(name, rows) WHERE rows = 0
    UNION ALL
    SELECT 'neurons', 'a layer, a unit or a bar of the histogram below 0', count(*) FROM run.neurons
    WHERE layer < 0 OR unit < 0 OR list_min(histogram) < 0
    UNION ALL
    SELECT 'neurons', 'a figure that cannot be', count(*) FROM run.neurons
    WHERE NOT isfinite(mean) OR NOT (isfinite(std) AND std >= 0) OR NOT isfinite(minimum) OR NOT isfinite(maximum)
        OR minimum > maximum OR NOT firing_rate BETWEEN 0 AND 1
    UNION ALL
    SELECT 'neurons', 'rows that are not in neuron_id order', count(*) FROM (
        SELECT neuron_id, lag(neuron_id) OVER () AS before FROM run.neurons
    ) WHERE before > neuron_id
    UNION ALL
    SELECT 'pooled', 'a lowest or a highest activation that cannot be', count(*) FROM run.pooled
    WHERE NOT isfinite(lowest) OR NOT isfinite(highest) OR lowest > highest
    UNION ALL
    SELECT 'token_activations', 'a lowest or a highest activation that cannot be', count(*) FROM run.token_activations
    WHERE NOT isfinite(lowest) OR NOT isfinite(highest) OR lowest > highest
    UNION ALL
    SELECT 'exemplars', 'a lowest or a highest activation that cannot be', count(*) FROM run.exemplars
    WHERE NOT isfinite(lowest) OR NOT isfinite(highest) OR lowest > highest OR NOT isfinite(value)
    UNION ALL
    SELECT 'exemplars', 'a peak that is not where its trace is highest', count(*) FROM run.exemplars
    WHERE kind = 'top' AND peak >= start AND trace[peak - start + 1] < list_max(trace)
    UNION ALL
    -- Of near copies the first alone may be an exemplar, and another may reach further.
    SELECT 'exemplars', 'a first one that is not where its neuron is highest or lowest', count(*)
    FROM run.exemplars JOIN scales USING (neuron_id), sizes
    WHERE sizes.texts = sizes.pooled AND rank = 0
        AND ((kind = 'top' AND abs(value - maximum) > 1e-3 * scale) OR (kind = 'bottom' AND abs(value - minimum) > 1e-3 * scale))
    UNION ALL
    SELECT 'exemplars', 'activations that their neuron does not reach', count(*)
    FROM run.exemplars JOIN scales USING (neuron_id)
    WHERE lowest < minimum - 1e-3 * scale OR highest > maximum + 1e-3 * scale
    UNION ALL
    SELECT 'pooled', 'activations that their neuron does not reach', count(*)
    FROM run.pooled JOIN scales USING (neuron_id)
    WHERE lowest < minimum - 1e-3 * scale OR highest > maximum + 1e-3 * scale
    UNION ALL
    -- These went through bfloat16, which keeps eight bits.
    SELECT 'token_activations', 'activations that their neuron does not reach', count(*)
    FROM run.token_activations JOIN scales USING (neuron_id)
    WHERE lowest < minimum - 0.01 * scale OR highest > maximum + 0.01 * scale
    UNION ALL
    SELECT 'neurons', 'a mean or a deviation that its lowest and highest activations do not allow', count(*)
    FROM run.neurons JOIN scales USING (neuron_id)
    WHERE mean < scales.minimum - 1e-4 * scale OR mean > scales.maximum + 1e-4 * scale
        OR std > 0.501 * (scales.maximum - scales.minimum) + 1e-4 * scale
    UNION ALL
    SELECT 'vocabulary', 'a token below 0', count(*) FROM run.vocabulary WHERE token_id < 0
    UNION ALL
    SELECT 'peaks', 'of no exemplar', count(*) FROM run.peaks WHERE exemplars < 1
    UNION ALL
    SELECT 'outputs', 'a value that cannot be', count(*) FROM run.outputs WHERE NOT isfinite(value)
    UNION ALL
    SELECT 'texts', 'ids that are not one after another from 0', (SELECT texts FROM sizes) - count(DISTINCT text_id)
    FROM run.texts WHERE text_id >= 0 AND text_id < (SELECT texts FROM sizes)
    UNION ALL
    SELECT 'texts', 'a split that is none', count(*) FROM run.texts
    WHERE split NOT IN ('calibration', 'validation')
    UNION ALL
    SELECT 'texts', 'tokens that do not end within the body, each after the one before', count(*) FROM run.texts
    WHERE len(tokens) = 0 OR len(tokens) <> len(ends) OR ends <> list_sort(ends) OR ends[-1] > length(body) OR ends[1] < 0
    UNION ALL
    SELECT 'texts', 'a token that the vocabulary lacks', count(*) FROM (SELECT unnest(tokens) AS token_id FROM run.texts)
    WHERE token_id NOT IN (SELECT token_id FROM run.vocabulary)
    UNION ALL
    SELECT 'vocabulary', 'a token twice', count(*) - count(DISTINCT token_id) FROM run.vocabulary
    UNION ALL
    SELECT 'neurons', 'ids that are not one after another from 0', (SELECT neurons FROM sizes) - count(DISTINCT neuron_id)
    FROM run.neurons WHERE neuron_id >= 0 AND neuron_id < (SELECT neurons FROM sizes)
    UNION ALL
    SELECT 'neurons', 'a unit of a layer twice', count(*) - count(DISTINCT (layer, unit)) FROM run.neurons
    UNION ALL
    SELECT 'neurons', 'units of a layer that are not one after another from 0', count(*) FROM (
        SELECT layer FROM run.neurons GROUP BY layer HAVING max(unit) <> count(*) - 1
    )
    UNION ALL
    SELECT 'neurons', 'a histogram that does not count every pooled text', count(*) FROM run.neurons, sizes
    WHERE list_sum(histogram) <> sizes.pooled
    UNION ALL
    SELECT 'pooled', 'not one row a neuron', count(*) FROM (
        (SELECT neuron_id FROM run.neurons EXCEPT ALL SELECT neuron_id FROM run.pooled)
        UNION ALL
        (SELECT neuron_id FROM run.pooled EXCEPT ALL SELECT neuron_id FROM run.neurons)
    )
    UNION ALL
    SELECT 'pooled', 'not one code a pooled text', count(*) FROM run.pooled, sizes WHERE len(codes) <> sizes.pooled
    UNION ALL
    SELECT 'exemplars', 'of a neuron or a text that is not there', count(*) FROM run.exemplars
    WHERE neuron_id NOT IN (SELECT neuron_id FROM run.neurons) OR text_id NOT IN (SELECT text_id FROM run.texts)
    UNION ALL
    SELECT 'exemplars', 'a kind that is none', count(*) FROM run.exemplars
    WHERE NOT list_contains($kinds, kind)
    UNION ALL
    SELECT 'exemplars', 'a window that is not within the text, or its peak not within it', count(*)
    FROM run.exemplars JOIN run.texts USING (text_id)
    WHERE start < 0 OR len(trace) = 0 OR start + len(trace) > len(tokens)
        OR peak < start OR peak >= start + len(trace)
    UNION ALL
    SELECT 'exemplars', 'a value that its trace does not reach', count(*) FROM run.exemplars
    WHERE NOT value BETWEEN lowest AND highest
    UNION ALL
    SELECT 'exemplars', 'ranks that are not one after another from 0', count(*) FROM (
        SELECT neuron_id FROM run.exemplars GROUP BY neuron_id, kind
        HAVING min(rank) <> 0 OR max(rank) <> count(*) - 1 OR count(DISTINCT rank) <> count(*)
    )
    UNION ALL
    SELECT 'phrases', 'of a text or a descriptor that is not there', count(*) FROM run.phrases, sizes
    WHERE text_id NOT BETWEEN 0 AND sizes.texts - 1
        OR (descriptor_id IS NOT NULL AND descriptor_id NOT BETWEEN 0 AND sizes.descriptors - 1)
    UNION ALL
    SELECT 'descriptors', 'another number of texts or tokens than it holds for', count(*)
    FROM run.descriptors AS own LEFT JOIN held USING (descriptor_id)
    WHERE own.calibration <> coalesce(held.calibration, 0) OR own.validation <> coalesce(held.validation, 0)
    UNION ALL
    SELECT 'descriptors', 'ids that are not one after another from 0',
        (SELECT descriptors FROM sizes) - count(DISTINCT descriptor_id)
    FROM run.descriptors WHERE descriptor_id >= 0 AND descriptor_id < (SELECT descriptors FROM sizes)
    UNION ALL
    SELECT 'descriptors', 'a scope that is none', count(*) FROM run.descriptors WHERE scope NOT IN ('text', 'token')
    UNION ALL
    SELECT 'token_sample', 'places that are not one after another from 0', (SELECT places FROM sizes) - count(DISTINCT place)
    FROM run.token_sample WHERE place >= 0 AND place < (SELECT places FROM sizes)
    UNION ALL
    SELECT 'token_sample', 'a token that its text does not have, or a split or weight that cannot be', count(*)
    FROM run.token_sample AS sample LEFT JOIN run.texts USING (text_id)
    WHERE body IS NULL OR position < 0 OR position >= len(tokens) OR sample.split <> texts.split OR NOT (weight > 0 AND isfinite(weight))
    UNION ALL
    SELECT 'token_sample', 'a token twice', count(*) - count(DISTINCT (text_id, position)) FROM run.token_sample
    UNION ALL
    SELECT 'token_activations', 'not one row a neuron', count(*) FROM (
        (SELECT neuron_id FROM run.neurons EXCEPT ALL SELECT neuron_id FROM run.token_activations)
        UNION ALL
        (SELECT neuron_id FROM run.token_activations EXCEPT ALL SELECT neuron_id FROM run.neurons)
    )
    UNION ALL
    SELECT 'token_activations', 'not one code a place', count(*) FROM run.token_activations, sizes
    WHERE len(codes) <> sizes.places
    UNION ALL
    SELECT 'peaks', 'of a neuron that is not there, or a side that is none', count(*) FROM run.peaks
    WHERE neuron_id NOT IN (SELECT neuron_id FROM run.neurons) OR side NOT IN (1, -1)
    UNION ALL
    SELECT 'peaks', 'ranks that are not one after another from 0, the commonest word first', count(*) FROM (
        SELECT neuron_id FROM run.peaks GROUP BY neuron_id, side
        HAVING min(rank) <> 0 OR max(rank) <> count(*) - 1 OR count(DISTINCT rank) <> count(*)
            OR list(exemplars ORDER BY rank) <> list(exemplars ORDER BY exemplars DESC)
    )
    UNION ALL
    SELECT 'peaks', 'more exemplars than the neuron has of that side', count(*) FROM (
        SELECT neuron_id, side, sum(exemplars) AS said FROM run.peaks GROUP BY neuron_id, side
    ) LEFT JOIN (
        SELECT neuron_id, if(kind = 'top', 1, -1) AS side, count(*) AS kept FROM run.exemplars
        WHERE kind IN ('top', 'bottom') GROUP BY neuron_id, kind
    ) USING (neuron_id, side)
    WHERE said > coalesce(kept, 0)
    UNION ALL
    SELECT 'outputs', 'ranks that are not one after another from 0', count(*) FROM (
        SELECT neuron_id FROM run.outputs GROUP BY neuron_id, kind
        HAVING min(rank) <> 0 OR max(rank) <> count(*) - 1 OR count(DISTINCT rank) <> count(*)
    )
    UNION ALL
    SELECT 'outputs', 'of a neuron or a token that is not there, or a kind that is none', count(*) FROM run.outputs
    WHERE neuron_id NOT IN (SELECT neuron_id FROM run.neurons)
        OR token_id NOT IN (SELECT token_id FROM run.vocabulary) OR kind NOT IN ('promoted', 'suppressed')
    UNION ALL
    SELECT 'token_descriptors', 'of a place or a descriptor that is not there', count(*)
    FROM run.token_descriptors, sizes
    WHERE place NOT BETWEEN 0 AND sizes.places - 1 OR descriptor_id NOT BETWEEN 0 AND sizes.descriptors - 1
    UNION ALL
    SELECT 'token_descriptors', 'a descriptor of a place twice', count(*) - count(DISTINCT (place, descriptor_id))
    FROM run.token_descriptors
    UNION ALL
    SELECT 'token_descriptors', 'a descriptor of another scope', count(*)
    FROM run.token_descriptors JOIN run.descriptors USING (descriptor_id) WHERE scope = 'text'
    UNION ALL
    SELECT 'text_descriptors', 'a descriptor of another scope', count(*)
    FROM run.text_descriptors JOIN run.descriptors USING (descriptor_id) WHERE scope = 'token'
    UNION ALL
    SELECT 'matches', 'a descriptor of a neuron twice on one side', count(*) - count(DISTINCT (neuron_id, descriptor_id, side))
    FROM run.matches
    UNION ALL
    SELECT 'text_descriptors', 'of a text or a descriptor that is not there', count(*)
    FROM run.text_descriptors, sizes
    WHERE text_id NOT BETWEEN 0 AND sizes.texts - 1 OR descriptor_id NOT BETWEEN 0 AND sizes.descriptors - 1
    UNION ALL
    SELECT 'text_descriptors', 'a descriptor of a text twice', count(*) - count(DISTINCT (text_id, descriptor_id))
    FROM run.text_descriptors
    UNION ALL
    SELECT 'matches', 'of a neuron or a descriptor that is not there', count(*) FROM run.matches, sizes
    WHERE neuron_id NOT BETWEEN 0 AND sizes.neurons - 1 OR descriptor_id NOT BETWEEN 0 AND sizes.descriptors - 1
    UNION ALL
    SELECT 'matches', 'ranks that are not one after another from 0', count(*) FROM (
        SELECT neuron_id FROM run.matches GROUP BY neuron_id
        HAVING min(rank) <> 0 OR max(rank) <> count(*) - 1 OR count(DISTINCT rank) <> count(*)
    )
)
SELECT place, wrong, count FROM found WHERE count > 0 ORDER BY place, wrong;

-- name: checked_texts
-- Some texts as the model saw them.
SELECT text_id, body, tokens, pooled FROM run.texts WHERE list_contains($text_ids, text_id) ORDER BY text_id;

-- name: exemplars_on
-- Every exemplar that some texts are, with its window.
SELECT neuron_id, text_id, start, peak, value, trace, lowest, highest FROM run.exemplars
WHERE list_contains($text_ids, text_id) ORDER BY text_id, neuron_id;

-- name: exemplar_texts
-- Which texts are exemplars of any neuron.
SELECT DISTINCT text_id FROM run.exemplars ORDER BY text_id;

-- name: tokens_at
-- Every neuron's activation at some places of the token sample, as codes; places count from 1.
SELECT lowest, highest, list_select(codes, $places) AS codes FROM run.token_activations ORDER BY neuron_id;

-- name: pooled_at
-- Every neuron's pooled activation on some texts, as codes; places count the texts that have them, from 1.
SELECT lowest, highest, list_select(codes, $places) AS codes FROM run.pooled ORDER BY neuron_id;
