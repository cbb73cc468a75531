CREATE VIEW `v_sec` (`dock_id`) SECURITY NONE AS SELECT `harbor`.`harbor_events`.`dock_id`
FROM `harbor`.`harbor_events`;