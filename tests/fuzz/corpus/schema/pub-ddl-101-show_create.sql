CREATE VIEW `v_docks_p` (`dock` COMMENT "dock id", `moves`)
COMMENT "daily" SECURITY NONE AS SELECT `harbor`.`dock_rollup`.`dock_id`, sum(`harbor`.`dock_rollup`.`moves`) AS `sum(moves)`
FROM `harbor`.`dock_rollup`
GROUP BY `harbor`.`dock_rollup`.`dock_id`;