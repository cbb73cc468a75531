SELECT concat(`db`.`berth`.`pier`, '-', `db`.`berth`.`id`) AS `k`
FROM `db`.`berth`