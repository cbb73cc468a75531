CREATE VIEW `v_cte` (`dock_id`, `n`) SECURITY NONE AS WITH `busy` (`dock_id`, `n`) AS (SELECT `harbor`.`harbor_events`.`dock_id`, count(*) AS `n`
FROM `harbor`.`harbor_events`
GROUP BY `harbor`.`harbor_events`.`dock_id`
HAVING (count(*)) > 3) SELECT `busy`.`dock_id`, `busy`.`n`
FROM `busy` UNION ALL SELECT -1 AS `-1`, 0 AS `0`;