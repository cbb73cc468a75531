SELECT `db`.`berth`.`id`, sum(`db`.`berth`.`depth`) OVER (ORDER BY `db`.`berth`.`id` ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS `k`
FROM `db`.`berth`