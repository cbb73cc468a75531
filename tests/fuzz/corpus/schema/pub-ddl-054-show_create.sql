CREATE VIEW `v_docks` (`dock`, `moves`, `peak`) SECURITY NONE AS SELECT `harbor`.`dock_rollup`.`dock_id`, sum(`harbor`.`dock_rollup`.`moves`) AS `sum(moves)`, max(`harbor`.`dock_rollup`.`peak`) AS `max(peak)`
FROM `harbor`.`dock_rollup`
GROUP BY `harbor`.`dock_rollup`.`dock_id`;