-- The windows a rule has looked at without error: how often, and when the first run ended.
-- reads: rule_run
-- rule, rule_version: the rule
-- since: windows that start from here on
SELECT cluster, w.window_start AS window_start, max(pass_number) AS passes, minIf(ran_at, pass_number = 0) AS first_ran_at
FROM seawall.rule_run AS w
WHERE {scope} AND rule = {rule:String} AND rule_version = {rule_version:String} AND error = ''
    AND isNotNull(w.window_start) AND w.window_start >= {since:DateTime64(9)}
GROUP BY cluster, window_start
